/**
 * What every message shares: its bounds, and the fields that are read more
 * generously than a plain varint.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import type { Reader, Writer } from "../bytes/cursor.ts";
import { MAX_VARINT } from "../bytes/varint.ts";

/** Most hops a route may have. */
export const MAX_HOPS = 32;

/** An age without a limit, in milliseconds: what drafts without the field mean. */
export const UNLIMITED_MS: number = Number.MAX_SAFE_INTEGER;

/** The cost that means "only if there is nothing else"; 2^62-1 on the wire. */
export const COST_MAX: number = Infinity;

const COST_CEILING = Number(MAX_VARINT);

/** A varint of any size as a number; above 2^53-1 it is taken as 2^53-1. */
export function readSaturated(reader: Reader): number {
  return Math.min(Number(reader.id()), Number.MAX_SAFE_INTEGER);
}

/** Writes whole milliseconds, rounded down; from 2^53-1 on, and `Infinity`, as 2^53-1. */
export function writeMs(writer: Writer, ms: number): void {
  writer.varint(Math.min(Math.floor(ms), UNLIMITED_MS));
}

/** A cost; 2^62-1 reads as {@linkcode COST_MAX}, other values above 2^53 are rounded. */
export function readCost(reader: Reader): number {
  const cost = Number(reader.id());
  return cost >= COST_CEILING ? COST_MAX : cost;
}

/** Writes a cost, at most 2^62-1. */
export function writeCost(writer: Writer, cost: number): void {
  writer.varint(cost >= COST_CEILING ? MAX_VARINT : BigInt(cost));
}

/** Which frames of which groups are wanted. */
export interface GroupRange {
  /** First group; absent for no floor. */
  readonly startGroup?: number | undefined;
  /** Last group, inclusive. */
  readonly endGroup?: number | undefined;
  /** First frame of the first group. */
  readonly startFrame: number;
  /** Last frame of the last group, inclusive. */
  readonly endFrame?: number | undefined;
}

/** Refuses a range of frames that ends before it begins or has no group to end in. */
export function checkFrames(range: GroupRange): void {
  const { startGroup, endGroup, startFrame, endFrame } = range;
  if (endFrame === undefined) return;
  if (endGroup === undefined) {
    throw new MoqError(
      "decode",
      `Expected an end group for end frame ${endFrame}, got none`,
    );
  }
  if ((startGroup ?? 0) === endGroup && endFrame < startFrame) {
    throw new MoqError(
      "decode",
      `Expected an end frame from ${startFrame} on, got ${endFrame}`,
    );
  }
}
