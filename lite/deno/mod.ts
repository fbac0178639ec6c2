/**
 * moq-lite on Deno's QUIC: connecting, listening, and the transports behind
 * both. The one place in lite that names Deno.
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
