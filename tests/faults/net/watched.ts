/**
 * What a viewer has seen, and what that says of the relay.
 *
 * @module
 */

/** The broadcast all processes speak of. */
export const BROADCAST = "net/test";

/** A frame that came, whole. */
export interface Arrival {
  /** Its timestamp: when it was published, in microseconds of the wall clock. */
  readonly timestamp: number;
  /** When it came, on the same clock. */
  readonly at: number;
  /** Whether it is the first of its group. */
  readonly isFirst: boolean;
}

/** Everything a viewer has seen. */
export interface Seen {
  readonly audio: readonly Arrival[];
  readonly video: readonly Arrival[];
}

/** Milliseconds: the middle, 19 of 20, 99 of 100, the most. */
export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** How the values spread. */
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

/** By how much later frames came here than there, in milliseconds. */
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

/** How old frames were when they came, in milliseconds. */
export function ages(seen: readonly Arrival[]): number[] {
  return seen.map(({ timestamp, at }) => (at - timestamp) / 1000);
}

/** The longest time in which nothing came, in milliseconds. */
export function longestGap(seen: readonly Arrival[]): number {
  const times = seen.map(({ at }) => at).sort((a, b) => a - b);
  let longest = 0;
  for (let i = 1; i < times.length; i++) {
    longest = Math.max(longest, times[i]! - times[i - 1]!);
  }
  return Math.round(longest / 1000);
}
