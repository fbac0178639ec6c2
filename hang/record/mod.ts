/**
 * Broadcasts on disk: record one as it arrives, in as many takes as it needs,
 * serve it again, live or to those who fetch, and list what it has.
 *
 * @module
 */
export * from "./check.ts";
export type { DamagedEntry } from "./group_index.ts";
export {
  type GroupEntry,
  GroupLog,
  type OpenGroupLogOptions,
  type RecordedTrack,
} from "./group_log.ts";
export type {
  CatalogEntry,
  Manifest,
  ManifestTrack,
  Take,
  TrackTake,
} from "./manifest.ts";
export * from "./memory_store.ts";
export * from "./recorded_broadcast.ts";
export * from "./recorded_media.ts";
export * from "./recorder.ts";
export * from "./recording.ts";
export type { FrameTime, Schedule } from "./schedule.ts";
export type * from "./store.ts";
export * from "./timeline.ts";
