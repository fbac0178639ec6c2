/**
 * moq-lite, runtime-free: bytes, messages, model and session. It runs in
 * browsers, workers and Deno unchanged, and depends on nothing.
 *
 * A program begins with {@linkcode connect} (in Deno with the `connect` of
 * `@moq-deno/lite/deno`), publishes a {@linkcode BroadcastProducer} and reads a
 * {@linkcode BroadcastConsumer}.
 *
 * @module
 */

// What every part stands on.
export * from "./error.ts";
export * from "./latch.ts";
export * from "./log.ts";
export * from "./path.ts";
export * from "./printable.ts";
export * from "./time.ts";
export type { ByteLog, LogEnd } from "./bytes/byte_log.ts";
export * from "./bytes/cursor.ts";

// Broadcasts, tracks and groups.
export type { Arrivals } from "./model/arrivals.ts";
export * from "./model/broadcast.ts";
export * from "./model/cache.ts";
export type { CacheShare, CacheShareOptions } from "./model/cache_share.ts";
export {
  type Frame,
  MAX_GROUP_BYTES,
  MAX_GROUP_FRAMES,
} from "./model/frame.ts";
export * from "./model/group.ts";
export * from "./model/origin.ts";
export { checkMounts, type Mount } from "./model/mount.ts";
export * from "./model/origin_scope.ts";
export * from "./model/route.ts";
export type { Served } from "./model/served.ts";
export * from "./model/subscription.ts";
export * from "./model/track.ts";
export type { PathChanges } from "./model/path_changes.ts";
export type { SequenceIndex } from "./model/sequence_index.ts";
export type { Arrival, TrackGroups } from "./model/track_groups.ts";
export { SLICE_STEPS, type Turns } from "./model/turns.ts";

// Sessions.
export * from "./connect.ts";
export type { PathState } from "./session/congestion.ts";
export type {
  CutCounts,
  SessionLimits,
  SessionStats,
} from "./session/context.ts";
export * from "./session/in_band.ts";
export * from "./session/reconnect.ts";
export * from "./session/session.ts";
export type { MessageReader } from "./session/streams.ts";
export type { Probe } from "./wire/probe.ts";
export type { Setup } from "./wire/setup.ts";
export {
  codeTable,
  IN_BAND_ALPN,
  protocolOf,
  PROTOCOLS,
  type Version,
  versionOf,
  VERSIONS,
} from "./wire/version.ts";

// Transports.
export * from "./transport/certificate_hash.ts";
export * from "./transport/dial.ts";
export * from "./transport/memory.ts";
export * from "./transport/message_port.ts";
export * from "./transport/simulated.ts";
export * from "./transport/transport.ts";
export * from "./transport/virtual_clock.ts";
export * from "./transport/websocket.ts";
export * from "./transport/websocket_protocol.ts";
export * from "./transport/webtransport.ts";
export type * from "./transport/webtransport_like.ts";
