/**
 * A track as its readers see it.
 *
 * @module
 */
import type { LogEnd } from "../bytes/byte_log.ts";
import type { Latch } from "../latch.ts";
import type { TrackReader } from "./demand.ts";
import type { TrackGroups } from "./track_groups.ts";

/** The groups of a track, for those who read them. */
export interface GroupsOfTrack {
  /** The groups that are there. */
  readonly groups: TrackGroups;
  /** The track's properties, once they are known. */
  readonly knownInfo: { readonly timescale: number } | undefined;
}

/** A track that can be subscribed to. */
export interface Subscribable extends GroupsOfTrack {
  /** The exclusive end of its sequence, once it is known. */
  readonly final: number | undefined;
  /** How it ended. */
  readonly ended: LogEnd | undefined;
  /** Wakes those who follow what readers want. */
  readonly demandLatch: Latch;
  /** Adds a reader. */
  join(subscriber: TrackReader): void;
  /** Removes a reader. */
  leave(subscriber: TrackReader): void;
}
