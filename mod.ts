/**
 * The three packages of this repository as one import, for what lives in it.
 * Each is published by itself: import `@moq-deno/lite`, `@moq-deno/hang` or
 * `@moq-deno/relay` elsewhere.
 *
 * @module
 */
export * as Hang from "@moq-deno/hang";
export * as Lite from "@moq-deno/lite";
export * as Relay from "@moq-deno/relay";
