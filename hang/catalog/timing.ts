/**
 * Where the timestamps of a broadcast lie in time, and where its past can be
 * found. hang catalog, sections `clock` and `archive`.
 *
 * @module
 */
import { readObject, required, type Shape } from "./fields.ts";

/** 2020-01-01T00:00:00Z in milliseconds since 1970: what `clock.wall` counts from. */
export const CLOCK_EPOCH_MS: number = Date.UTC(2020, 0, 1);

const CLOCK_TIMESCALE = 1_000_000;
/** Which moment the timestamp 0 of all tracks stands for. */
export interface ClockConfig {
  /** Ticks since the beginning of 2020, UTC. */
  readonly wall: number;
  /** Ticks per second of `wall`. Default 1000000. */
  readonly timescale?: number;
}

/** Where the past of a broadcast is listed and kept. */
export interface ArchiveConfig {
  /** Name of the track that lists the segments. */
  readonly track: string;
  /** Ticks per second of its times. Default 1000. */
  readonly timescale?: number;
  /** Longest segment, in ticks. */
  readonly durationMax?: number;
  /** Relative path of the broadcast that serves the past; absent means this one. */
  readonly replay?: string;
  /** URL of where the segments are kept. */
  readonly store?: string;
  /** Version of the listing. Default 1. */
  readonly version?: number;
}

const CLOCK: Shape<ClockConfig> = {
  wall: required("integer", "an integer"),
  timescale: "positive",
};

const ARCHIVE: Shape<ArchiveConfig> = {
  track: "requiredString",
  timescale: "positive",
  durationMax: "integer",
  replay: "string",
  store: "string",
  version: "positive",
};

/** Checks the section `clock`; throws `MoqError("decode")` that names the field. */
export function parseClock(value: unknown): ClockConfig {
  return readObject(value, { path: "clock", shape: CLOCK });
}

/** Checks the section `archive`; throws `MoqError("decode")` that names the field. */
export function parseArchive(value: unknown): ArchiveConfig {
  return readObject(value, { path: "archive", shape: ARCHIVE });
}

/** The clock of a broadcast whose timestamp 0 is `unixMs`, milliseconds since 1970 and not before 2020. */
export function clockAt(unixMs: number): ClockConfig {
  const wall = Math.round((unixMs - CLOCK_EPOCH_MS) * (CLOCK_TIMESCALE / 1000));
  if (Number.isSafeInteger(wall) && wall >= 0) return { wall };
  throw new RangeError(
    `Expected a time from 2020 on in milliseconds, got ${unixMs}`,
  );
}

/** The time in milliseconds since 1970 at which a broadcast with this clock shows what has the timestamp 0. */
export function wallOf(
  { wall, timescale = CLOCK_TIMESCALE }: ClockConfig,
): number {
  return CLOCK_EPOCH_MS + wall * (1000 / timescale);
}
