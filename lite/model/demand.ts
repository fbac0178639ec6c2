/**
 * What the readers of a track want, each and together.
 *
 * @module
 */
import type { Latch } from "../latch.ts";

/** What a subscriber wants; can be changed while it reads. */
export interface Wanted {
  /** 0 to 255, higher is sent first. */
  readonly priority: number;
  /** Age in milliseconds of media time up to which groups behind the newest are wanted; 0 is the live edge. */
  readonly maxAgeMs: number;
  /** Lowest group wanted. */
  readonly startGroup?: number | undefined;
  /** Highest group wanted. */
  readonly endGroup?: number | undefined;
}

/** Whether two wishes ask for the same. */
export function isSameDemand(a: Wanted, b: Wanted): boolean {
  return a.priority === b.priority && a.maxAgeMs === b.maxAgeMs &&
    a.startGroup === b.startGroup && a.endGroup === b.endGroup;
}

/** Options of `TrackConsumer.subscribe`. */
export interface SubscribeOptions {
  /** 0 to 255, higher is sent first. Default 0. */
  readonly priority?: number | undefined;
  /** How far behind the newest group, in milliseconds of media time, older groups are still delivered. Default 0: the newest only. */
  readonly maxAgeMs?: number | undefined;
  /** Lowest group wanted. Default any. */
  readonly startGroup?: number | undefined;
  /** Highest group wanted, inclusive. Default no end. */
  readonly endGroup?: number | undefined;
  /**
   * Which of the existing groups come first: `"fresh"` those within `maxAgeMs`
   * of the newest, `"latest"` the newest alone, `"all"` every one from
   * `startGroup` on that is still cached and within `maxAgeMs`. Default
   * `"fresh"`.
   */
  readonly from?: "fresh" | "latest" | "all" | undefined;
  /** Ends the subscription; waits throw its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** How many read a track and what they want of it together. */
export interface TrackDemand {
  /** Subscriptions now. */
  readonly subscribers: number;
  /** The combined demand, `undefined` while there are no readers. moq-lite-06, fan-in. */
  readonly wanted: Wanted | undefined;
  /** Resolves when either changes or the track ends; re-check and loop. */
  changed(): Promise<void>;
}

/** One reader, as its track sees it. */
export interface TrackReader {
  /** What it wants now. */
  readonly wanted: Wanted;
  /** The track has something new. */
  wake(): void;
}

/** What has readers. */
export interface Demanded {
  /** The readers now. */
  readonly subscriptions: ReadonlySet<TrackReader>;
  /** Wakes when one comes, leaves or wants something else. */
  readonly demandLatch: Latch;
}

/** What `options` ask for; throws `RangeError` for what they cannot. */
export function wantedOf(options: SubscribeOptions): Wanted {
  const { priority = 0, maxAgeMs = 0, startGroup, endGroup } = options;
  if (!Number.isInteger(priority) || priority < 0 || priority > 255) {
    throw new RangeError(
      `Expected a priority from 0 to 255, got ${priority}`,
    );
  }
  if (!(maxAgeMs >= 0)) {
    throw new RangeError(
      `Expected a maximum age from 0 ms on, got ${maxAgeMs}`,
    );
  }
  return { priority, maxAgeMs, startGroup, endGroup };
}

/** What the subscribers of `track` want together: the most of each. */
export function wantedBy(track: Demanded): TrackDemand {
  return {
    get subscribers() {
      return track.subscriptions.size;
    },
    get wanted() {
      return combine(track.subscriptions);
    },
    changed: () => track.demandLatch.changed(),
  };
}

function combine(
  subscriptions: ReadonlySet<TrackReader>,
): Wanted | undefined {
  let all: Wanted | undefined;
  for (const { wanted } of subscriptions) {
    all = all ? mostOf(all, wanted) : wanted;
  }
  return all;
}

function mostOf(a: Wanted, b: Wanted): Wanted {
  return {
    priority: Math.max(a.priority, b.priority),
    maxAgeMs: Math.max(a.maxAgeMs, b.maxAgeMs),
    startGroup: either(Math.min, a.startGroup, b.startGroup),
    endGroup: either(Math.max, a.endGroup, b.endGroup),
  };
}

/** `undefined`, no bound, when either has none. */
function either(
  choose: (a: number, b: number) => number,
  a: number | undefined,
  b: number | undefined,
): number | undefined {
  return a === undefined || b === undefined ? undefined : choose(a, b);
}
