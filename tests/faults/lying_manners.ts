/**
 * The ways a relay can misbehave, and what happens to the link to it.
 *
 * @module
 */

/** For each way: the link `stays`, or this is logged when it ends. */
export const MANNERS = {
  "groups that end in mid-frame": "stays",
  "groups that stall in mid-frame": "stays",
  "properties of a track that never come": "stays",
  "an answer to SUBSCRIBE that never comes": "stays",
  "frames of 2^40 bytes": "stays",
  "hops with the relay itself": "stays",
  "100,000 broadcasts": "stays",
  "a broadcast that starts and ends without end": "stays",
  "100,001 broadcasts": "more than 100000 paths",
  "starts without an end": "twice",
  "ends without a start": "which is not live",
  "an announcement of 2^40 bytes": "exceeds the limit",
  "an announcement longer than it says": "Expected",
  "an announcement shorter than it says": "Expected",
  "2^30 hops": "at most 32 hops",
  "1000 hops": "at most 32 hops",
  "a hop twice": "each hop once",
  "properties of a track longer than they say": "Expected",
  "properties of a track of 2^40 bytes": "exceeds the limit",
  "an answer to SUBSCRIBE of 2^40 bytes": "exceeds the limit",
} as const;

/** A way to misbehave. */
export type Manner = keyof typeof MANNERS;

/** Settings of the process. */
export interface LyingSettings {
  readonly manner: Manner;
}

/** The process's state. */
export interface LyingState {
  /** When it was dialled, each time, in milliseconds of its own clock. */
  readonly dialledMs: readonly number[];
  /** How often a broadcast started and ended, as far as the relay has read it. */
  readonly flickers: number;
}
