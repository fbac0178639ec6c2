/**
 * How long a player may hold media, so that what comes late is still in time.
 *
 * @module
 */

/** Bounds of the time that media is held, in milliseconds. */
export interface LatencyRange {
  /** Never less than this. */
  readonly minMs: number;
  /** Never more than this: what comes later is lost. */
  readonly maxMs: number;
}

/** A fixed time in milliseconds, a range, or as little as plays without stalls. */
export type Latency = number | LatencyRange | "real-time";

/** No player holds media for longer. */
export const MAX_LATENCY_MS = 30_000;
const REAL_TIME: LatencyRange = { minMs: 0, maxMs: 3000 };

/** The bounds that a setting stands for, each within 0 and 30 s and the lower one not above the upper. */
export function latencyRange(latency: Latency): LatencyRange {
  if (latency === "real-time") return REAL_TIME;
  const { minMs, maxMs } = typeof latency === "number"
    ? { minMs: latency, maxMs: latency }
    : latency;
  const lower = bounded(minMs);
  return { minMs: lower, maxMs: Math.max(lower, bounded(maxMs)) };
}

/** The same range, `ms` later: for a publisher that holds media back for so long itself. */
export function laterRange(
  { minMs, maxMs }: LatencyRange,
  ms: number,
): LatencyRange {
  return { minMs: bounded(minMs + ms), maxMs: bounded(maxMs + ms) };
}

function bounded(ms: number): number {
  return Number.isNaN(ms) ? 0 : Math.min(MAX_LATENCY_MS, Math.max(0, ms));
}
