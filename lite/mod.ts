/**
 * Publish and subscribe live broadcasts over a relay: moq-lite in browsers,
 * workers and Deno, without any dependency.
 *
 * A program begins with {@linkcode connect} (in Deno with the `connect` of
 * `@moq-deno/lite/deno`), publishes a {@linkcode BroadcastProducer} and reads a
 * {@linkcode BroadcastConsumer}.
 *
 * @module
 */

// To a relay.
export { connect, type ConnectOptions, reconnect } from "./connect.ts";
export type { SessionOptions } from "./session/options.ts";
export { openSession, Session } from "./session/session.ts";
export {
  Connection,
  type ConnectionOptions,
  type ConnectionStatus,
} from "./session/reconnect.ts";
export type { SessionStats } from "./session/context.ts";

// Broadcasts, tracks and groups.
export { BroadcastConsumer, BroadcastProducer } from "./model/broadcast.ts";
export {
  type FetchOptions,
  TrackConsumer,
  type TrackInfo,
  type TrackOptions,
  TrackProducer,
} from "./model/track.ts";
export type { SubscribeOptions } from "./model/demand.ts";
export { type SkipOptions, TrackSubscription } from "./model/subscription.ts";
export {
  GroupConsumer,
  type GroupOptions,
  GroupProducer,
} from "./model/group.ts";
export type { Frame } from "./model/frame.ts";

// Which broadcasts there are.
export { Origin, type OriginOptions } from "./model/origin.ts";
export type { Publication } from "./model/publication.ts";
export {
  type AnnouncedOptions,
  type AnnounceEvent,
  AnnounceSubscription,
  OriginScope,
  type PathFilter,
  type ScopeOptions,
} from "./model/origin_scope.ts";
export type { Route } from "./model/route.ts";
export { Cache, type CacheOptions } from "./model/cache.ts";
export { joinPath } from "./path.ts";

// Errors, time, logs, drafts.
export { type ErrorCode, MoqError, type MoqErrorOptions } from "./error.ts";
export { type Clock, sleep, systemClock } from "./time.ts";
export type { LogFields, LogFunction, Logger } from "./log.ts";
export {
  protocolOf,
  PROTOCOLS,
  type Version,
  VERSIONS,
} from "./wire/version.ts";
