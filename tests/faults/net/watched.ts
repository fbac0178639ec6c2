/**
 * What a viewer has seen, and figures computed from it.
 *
 * @module
 */

/** The broadcast of all processes. */
export const BROADCAST = "net/test";

/** A frame that arrived completely. */
export interface Arrival {
  /** Its timestamp: when it was published, in microseconds of the wall clock. */
  readonly timestamp: number;
  /** When it arrived, on the same clock. */
  readonly at: number;
  /** Whether it is the first of its group. */
  readonly isFirst: boolean;
}

/** Everything a viewer has seen. */
export interface Seen {
  readonly audio: readonly Arrival[];
  readonly video: readonly Arrival[];
}

/** Milliseconds: median, 95 %, 99 % and maximum. */
export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** The distribution of the values. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round((sorted[Math.floor(share * (sorted.length - 1))] ?? NaN) * 10) /
    10;
  return {
    count: sorted.length,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    max: at(1),
  };
}

/** How much later frames arrived in `here` than in `there`, in milliseconds. */
export function behind(
  here: readonly Arrival[],
  there: readonly Arrival[],
): number[] {
  const times = new Map(there.map(({ timestamp, at }) => [timestamp, at]));
  return here.flatMap(({ timestamp, at }) => {
    const other = times.get(timestamp);
    return other === undefined ? [] : [(at - other) / 1000];
  });
}

/** The ages of frames on arrival, in milliseconds. */
export function ages(seen: readonly Arrival[]): number[] {
  return seen.map(({ timestamp, at }) => (at - timestamp) / 1000);
}

/** The longest time between two frames, in milliseconds. */
export function longestGap(seen: readonly Arrival[]): number {
  const times = seen.map(({ at }) => at).sort((a, b) => a - b);
  let longest = 0;
  for (let i = 1; i < times.length; i++) {
    longest = Math.max(longest, times[i]! - times[i - 1]!);
  }
  return Math.round(longest / 1000);
}
