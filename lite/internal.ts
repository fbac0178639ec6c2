/**
 * Exports for `@moq-deno/relay` and `@moq-deno/hang` alone. They may change in
 * any release.
 *
 * @module
 */
export * from "./latch.ts";
export { childLogger, SILENT } from "./log.ts";
export {
  hasPrefix,
  isPathInBounds,
  MAX_NAME_BYTES,
  MAX_PATH_BYTES,
  MAX_PATH_SEGMENTS,
  normalizePath,
  stripPrefix,
} from "./path.ts";
export * from "./printable.ts";
export {
  asMoqError,
  type CodeTable,
  messageOf,
  sessionCodeOf,
  sessionErrorOf,
  streamCodeOf,
  streamErrorOf,
} from "./error.ts";
export { type Deadline, deadline } from "./time.ts";
export type { ByteLog, LogEnd } from "./bytes/byte_log.ts";
export { Reader, Writer } from "./bytes/cursor.ts";
export { equalBytes, joinBytes } from "./bytes/join.ts";
export type { Arrivals } from "./model/arrivals.ts";
export {
  Broadcast,
  broadcastBehind,
  type BroadcastOptions,
  type BroadcastSource,
  type TrackRequest,
} from "./model/broadcast.ts";
export type { Cached, CacheShare } from "./model/cache_share.ts";
export type {
  Demanded,
  TrackDemand,
  TrackReader,
  Wanted,
} from "./model/demand.ts";
export { groupOf } from "./model/group.ts";
export { MAX_GROUP_BYTES, MAX_GROUP_FRAMES } from "./model/frame.ts";
export { checkMounts, type Mount } from "./model/mount.ts";
export { randomHop } from "./model/origin.ts";
export { EVERYTHING, type OriginTable } from "./model/origin_scope.ts";
export type { ClaimsOptions, PathClaims as Claims } from "./model/claims.ts";
export type { PathChanges } from "./model/path_changes.ts";
export { type Claim, LOCAL_ROUTE, type RouteSource } from "./model/route.ts";
export type { SequenceIndex } from "./model/sequence_index.ts";
export type { RoutedBroadcast, Routes } from "./model/routed_broadcast.ts";
export type { GroupsOfTrack, Subscribable } from "./model/subscribable.ts";
export type { Arrival, TrackGroups } from "./model/track_groups.ts";
export {
  DEFAULT_TRACK_INFO,
  type Track,
  trackOf,
  type TrackSource,
} from "./model/track.ts";
export { SLICE_STEPS, type Turns } from "./model/turns.ts";
export { editDistance, nearest } from "./nearest.ts";
export { firstPlace } from "./search.ts";
export * from "./signal.ts";
export { Tasks } from "./tasks.ts";
export type { PathState } from "./session/pacing/congestion.ts";
export type { CutCounts, SessionLimits } from "./session/context.ts";
export * from "./session/in_band.ts";
export type { DialSessionOptions, SessionDialer } from "./session/reconnect.ts";
export type { SessionScopes } from "./session/options.ts";
export type { MessageReader } from "./session/streams.ts";
export { fetchCertificateHash } from "./transport/certificate_hash.ts";
export { Inbox } from "./transport/inbox.ts";
export { dialWeb, type DialWebOptions } from "./transport/dial.ts";
export type { Probe } from "./wire/probe.ts";
export type { Setup } from "./wire/setup.ts";
export { codeTable, IN_BAND_ALPN, versionOf } from "./wire/version.ts";
