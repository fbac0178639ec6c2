/**
 * Meaning for the frames of moq-lite: the catalog that says what a broadcast
 * offers, and the containers that its frames use. Runs in browsers and in Deno;
 * reading and writing media files is in `@moq-deno/hang/media`.
 *
 * @module
 */
export * from "./catalog/catalog.ts";
export * from "./catalog/consumer.ts";
export {
  checkCatalog,
  MAX_CATALOG_BYTES,
  parseCatalog,
  type ParsedCatalog,
} from "./catalog/parse.ts";
export * from "./catalog/producer.ts";
export * from "./container/container.ts";
export { legacyContainer } from "./container/legacy.ts";
export { locContainer } from "./container/loc.ts";
export { openCmaf } from "./container/cmaf.ts";
export * from "./container/sample.ts";
