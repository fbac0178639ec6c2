/**
 * moq-lite on Deno's QUIC: clients, listeners and their transports. The only
 * part of lite that uses Deno.
 *
 * @module
 */
export * from "./certificate.ts";
export * from "./client.ts";
export * from "./connect.ts";
export * from "./h3/accept.ts";
export * from "./h3/connect.ts";
export type { HandshakeCounts } from "./handshakes.ts";
export * from "./listen.ts";
export * from "./quic.ts";
