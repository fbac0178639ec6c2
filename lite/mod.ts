/**
 * moq-lite, runtime-free: bytes, messages, model and session. It runs in
 * browsers, workers and Deno unchanged, and depends on nothing.
 *
 * @module
 */
export * from "./error.ts";
export * from "./log.ts";
export * from "./path.ts";
export * from "./time.ts";
export * from "./model/broadcast.ts";
export * from "./model/cache.ts";
export {
  type Frame,
  MAX_GROUP_BYTES,
  MAX_GROUP_FRAMES,
} from "./model/frame.ts";
export * from "./model/group.ts";
export * from "./model/origin.ts";
export * from "./model/origin_scope.ts";
export * from "./model/route.ts";
export * from "./model/subscription.ts";
export * from "./model/track.ts";
export type {
  SessionContext,
  SessionLimits,
  SessionStats,
} from "./session/context.ts";
export * from "./session/session.ts";
export * from "./transport/transport.ts";
export * from "./transport/memory.ts";
export {
  codeTable,
  IN_BAND_ALPN,
  protocolOf,
  PROTOCOLS,
  type Version,
  versionOf,
  VERSIONS,
} from "./wire/version.ts";
export type { Setup } from "./wire/setup.ts";
export * from "./latch.ts";
export * from "./transport/message_port.ts";
export * from "./transport/websocket.ts";
export * from "./transport/websocket_protocol.ts";
export * from "./bytes/cursor.ts";
export * from "./connect.ts";
export * from "./session/reconnect.ts";
export * from "./transport/certificate_hash.ts";
export * from "./transport/dial.ts";
export * from "./transport/simulated.ts";
export * from "./transport/virtual_clock.ts";
export * from "./transport/webtransport.ts";
export * from "./session/in_band.ts";
