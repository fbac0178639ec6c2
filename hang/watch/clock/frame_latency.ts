/**
 * Where the time goes between a camera and a screen, picture by picture: what
 * the publisher tells joined with what the player saw, as rows and as CSV.
 *
 * @module
 */
import type { FrameMarks } from "../../catalog/frame_marks.ts";
import { type ClockConfig, wallOf } from "../../catalog/timing.ts";
import type { ViewerMark } from "./viewer_timings.ts";

/**
 * One picture at all stations, in milliseconds since 1970; what is not known is absent. The first three are on the
 * publisher's clock: on two machines their difference is in the way between them.
 */
export interface FrameLatency extends Readonly<ViewerMark> {
  /** Track of the rendition. */
  readonly track?: string;
  /** It came from the camera. */
  readonly capturedMs?: number;
  /** It came out of the encoder. */
  readonly encodedMs?: number;
  /** It was handed to the publisher's session. */
  readonly sentMs?: number;
  /** The relay received it: an estimate, half of the publisher's round trip after it was sent. */
  readonly relayInMs?: number;
  /** The relay sent it: an estimate, half of the viewer's round trip before it was received. */
  readonly relayOutMs?: number;
}

/** What marks are joined by. */
export interface JoinOptions {
  /** What the publisher tells. */
  readonly told: FrameMarks | undefined;
  /** The section `clock` of its catalog. */
  readonly clock: ClockConfig | undefined;
  /** The viewer's round trip to the relay and back. */
  readonly rttMs: number | undefined;
}

const COLUMNS = [
  "timestampUs",
  "track",
  "capturedMs",
  "encodedMs",
  "sentMs",
  "relayInMs",
  "relayOutMs",
  "receivedMs",
  "decodedMs",
  "shownMs",
] as const;

/** The viewer's marks, with the publisher's where it told of the same picture and said what its clock counts from. */
export function joinMarks(
  seen: readonly ViewerMark[],
  { told, clock, rttMs }: JoinOptions,
): readonly FrameLatency[] {
  const marks = new Map(
    told?.marks.map((mark) => [mark.timestampUs, mark] as const),
  );
  return seen.map((mark): FrameLatency => {
    const { timestampUs, receivedMs } = mark;
    const relayOut = receivedMs !== undefined && rttMs !== undefined &&
      { relayOutMs: receivedMs - rttMs / 2 };
    const one = marks.get(timestampUs);
    if (!one || !clock) return { ...mark, ...relayOut };
    const zeroMs = wallOf(clock);
    const sentMs = zeroMs + one.sentMs;
    return {
      ...mark,
      ...relayOut,
      track: one.track,
      capturedMs: zeroMs + one.capturedMs,
      encodedMs: zeroMs + one.encodedMs,
      sentMs,
      ...(told?.rttMs !== undefined && { relayInMs: sentMs + told.rttMs / 2 }),
    };
  });
}

/** Rows as CSV with a line of headings, for a table program; what is not known is empty. */
export function latencyCsv(rows: readonly FrameLatency[]): string {
  const lines = rows.map((row) =>
    COLUMNS.map((name) => cellOf(row[name])).join()
  );
  return [COLUMNS.join(), ...lines, ""].join("\r\n");
}

function cellOf(value: string | number | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "number") return String(Math.round(value * 10) / 10);
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
