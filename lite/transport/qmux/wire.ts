/**
 * Constants of qmux: the names of its wire forms, how they differ, the numbering
 * of streams (RFC 9000 section 2.1), and our limits.
 *
 * @module
 */

/** How streams are framed: `webtransport` is the form before the drafts, without flow control. */
export type QmuxWire = "qmux-02" | "qmux-01" | "qmux-00" | "webtransport";

/** All wire forms, in order of preference. */
export const QMUX_WIRES: readonly QmuxWire[] = [
  "qmux-02",
  "qmux-01",
  "qmux-00",
  "webtransport",
];

/** Largest message we send and the smallest limit a peer may set, in bytes (draft-01, `max_record_size`). */
export const RECORD_BYTES = 16_382;

/** Largest message a peer may send on `qmux-00`, in bytes. */
export const FRAME_BYTES_00 = 16_384;

/** Most payload in one STREAM frame we send, in bytes; released peers refuse more. */
export const MAX_STREAM_PAYLOAD_BYTES = 16_352;

/** The close code for violations. */
export const PROTOCOL_VIOLATION = 1002;

/** The close code for text messages. */
export const UNSUPPORTED_DATA = 1003;

/** Messages hold any number of frames; pings, padding, datagrams and an idle timeout exist (draft-01 on). */
export function hasRecords(wire: QmuxWire): boolean {
  return wire === "qmux-02" || wire === "qmux-01";
}

/** Each side grants credit for bytes and streams, in parameters and later frames. */
export function hasFlowControl(wire: QmuxWire): boolean {
  return wire !== "webtransport";
}

/** Parameters come first and once, ping sequences only grow (draft-02). */
export function isStrict(wire: QmuxWire): boolean {
  return wire === "qmux-02";
}

/** Which end of the channel we are; streams are numbered by it. */
export type QmuxRole = "client" | "server";

/** Whether a stream carries data one way or both. */
export type Direction = "bidi" | "uni";

/** The id of the stream `index` that `opener` opens. */
export function streamId(
  index: number,
  direction: Direction,
  opener: QmuxRole,
): number {
  return index * 4 + (direction === "uni" ? 2 : 0) +
    (opener === "server" ? 1 : 0);
}

/** Who opens the stream `id`. */
export function openerOf(id: number): QmuxRole {
  return id % 2 === 1 ? "server" : "client";
}

/** The direction of the stream `id`. */
export function directionOf(id: number): Direction {
  return id % 4 >= 2 ? "uni" : "bidi";
}

/** The index of the stream `id` among those of its kind. */
export function indexOf(id: number): number {
  return Math.floor(id / 4);
}
