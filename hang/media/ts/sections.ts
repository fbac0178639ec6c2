/**
 * The tables that say which streams a transport stream has: PAT and PMT.
 * ISO/IEC 13818-1, section 2.4.4.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";

const HEADER_BYTES = 3;
const CHECKSUM_BYTES = 4;
const PAT_TABLE = 0;
const PMT_TABLE = 2;

/** A stream as the PMT declares it. */
export interface DeclaredStream {
  /** Its packets. */
  readonly pid: number;
  /** What it carries, by number. */
  readonly type: number;
  /** Its descriptors, one after the other. */
  readonly info: Uint8Array;
}

/** The programmes of a PAT by the PID of their PMT. */
export function readPat(section: Uint8Array): readonly number[] {
  const pids: number[] = [];
  const end = section.byteLength - CHECKSUM_BYTES;
  for (let at = 8; at + 4 <= end; at += 4) {
    const program = (section[at]! << 8) | section[at + 1]!;
    const pid = ((section[at + 2]! & 0x1f) << 8) | section[at + 3]!;
    if (program !== 0) pids.push(pid);
  }
  return pids;
}

/** The streams of a PMT; throws `MoqError("decode")` when lengths in it do not fit. */
export function readPmt(section: Uint8Array): readonly DeclaredStream[] {
  const end = section.byteLength - CHECKSUM_BYTES;
  const lengthAt = (at: number): number =>
    ((section[at]! & 0x0f) << 8) | section[at + 1]!;
  const streams: DeclaredStream[] = [];
  let at = 12 + (end >= 12 ? lengthAt(10) : 0);
  while (at + 5 <= end) {
    const type = section[at]!;
    const pid = ((section[at + 1]! & 0x1f) << 8) | section[at + 2]!;
    const infoEnd = at + 5 + lengthAt(at + 3);
    if (infoEnd > end) break;
    streams.push({ pid, type, info: section.slice(at + 5, infoEnd) });
    at = infoEnd;
  }
  if (at === end) return streams;
  throw new MoqError(
    "decode",
    `Expected a PMT whose streams end at ${end}, got ${at}`,
  );
}

/** Collects one table from the packets of its PID. */
export class SectionReader {
  readonly #tableId: number;
  #parts: Uint8Array = new Uint8Array();
  #isOpen = false;

  /** For sections of the PAT or of a PMT. */
  constructor(table: "pat" | "pmt") {
    this.#tableId = table === "pat" ? PAT_TABLE : PMT_TABLE;
  }

  /** The section that `payload` completes, unless its checksum says that it is damaged. */
  push(payload: Uint8Array, isStart: boolean): Uint8Array | undefined {
    if (isStart) {
      // A pointer tells where the section begins; what is before it ends one that is as good as another.
      this.#parts = payload.slice(1 + (payload[0] ?? 0));
      this.#isOpen = true;
    } else if (this.#isOpen) {
      const parts = new Uint8Array(
        this.#parts.byteLength + payload.byteLength,
      );
      parts.set(this.#parts);
      parts.set(payload, this.#parts.byteLength);
      this.#parts = parts;
    }
    return this.#isOpen ? this.#complete() : undefined;
  }

  #complete(): Uint8Array | undefined {
    const [tableId, high, low] = this.#parts;
    if (low === undefined) return undefined;
    const size = HEADER_BYTES + (((high! & 0x0f) << 8) | low);
    if (tableId !== this.#tableId || size < HEADER_BYTES + 5 + CHECKSUM_BYTES) {
      this.#isOpen = false;
      return undefined;
    }
    if (this.#parts.byteLength < size) return undefined;
    this.#isOpen = false;
    const section = this.#parts.subarray(0, size);
    const isCurrent = (section[5]! & 1) !== 0;
    return isCurrent && checksum(section) === 0 ? section : undefined;
  }
}

/** CRC-32 as MPEG has it; 0 over a section with its own. */
export function checksum(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
    }
  }
  return crc >>> 0;
}
