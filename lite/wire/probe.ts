/**
 * PROBE: the sender's measurements of its path to us, from draft 03 on.
 * moq-lite, "PROBE".
 *
 * @module
 */
import { Reader, Writer } from "../bytes/cursor.ts";
import { readSaturated } from "./message.ts";
import { hasProbeRtt, type Version } from "./version.ts";

/** One report. */
export interface Probe {
  /** Estimated bits per second, 0 for unknown. */
  readonly bitrateBps: number;
  /** Round-trip time in milliseconds, 0 for unknown; draft 03 has none. */
  readonly rttMs: number;
}

/** Encodes a message with its length; takes only whole numbers. */
export function encodeProbe(msg: Probe, version: Version): Uint8Array {
  const body = new Writer().varint(msg.bitrateBps);
  if (hasProbeRtt(version)) body.varint(msg.rttMs);
  return body.message();
}

/** Decodes a body. */
export function decodeProbe(body: Uint8Array, version: Version): Probe {
  const reader = new Reader(body);
  const bitrateBps = readSaturated(reader);
  const rttMs = hasProbeRtt(version) ? readSaturated(reader) : 0;
  reader.end();
  return { bitrateBps, rttMs };
}
