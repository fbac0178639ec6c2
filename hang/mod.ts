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
  type CmafContainerConfig,
  type ContainerConfig,
  knownContainer,
  type KnownContainerConfig,
  type LegacyContainerConfig,
  type LocContainerConfig,
  type UnknownContainerConfig,
} from "./catalog/container_config.ts";
export type {
  BinaryTrackConfig,
  DataSection,
  DataTrackConfig,
  JsonTrackConfig,
  RecordTrackConfig,
  TextConfig,
  TextSection,
} from "./catalog/data_tracks.ts";
export * from "./catalog/frame_marks.ts";
export { catalogOfMsf, MSF_CATALOG_TRACK, msfOf } from "./catalog/msf.ts";
export {
  checkCatalog,
  MAX_CATALOG_BYTES,
  MAX_CATALOG_FIELDS,
  parseCatalog,
  type ParsedCatalog,
} from "./catalog/parse.ts";
export * from "./catalog/producer.ts";
export * from "./catalog/related.ts";
export {
  type Capabilities,
  type Chat,
  type CodecSupport,
  type Location,
  parsePosition,
  type Position,
  SIDE_TRACK_PRIORITY,
  type SideTrack,
  type TrackReference,
  type User,
} from "./catalog/room.ts";
export * from "./catalog/room_frames.ts";
export { type CatalogForm, catalogIn } from "./catalog/write_2025.ts";
export {
  type ArchiveConfig,
  CLOCK_EPOCH_MS,
  clockAt,
  type ClockConfig,
  wallOf,
} from "./catalog/timing.ts";
export * from "./container/container.ts";
export { legacyContainer } from "./container/legacy.ts";
export { locContainer } from "./container/loc.ts";
export { openCmaf } from "./container/cmaf.ts";
export * from "./container/sample.ts";
