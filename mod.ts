/**
 * The three packages as one import, for use inside this repository. Elsewhere import
 * `@moq-deno/lite`, `@moq-deno/hang` or `@moq-deno/relay`.
 *
 * @module
 */
export * as Hang from "@moq-deno/hang";
export * as Lite from "@moq-deno/lite";
export * as Relay from "@moq-deno/relay";
