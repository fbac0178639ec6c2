/**
 * The packets of an MPEG transport stream, found again after damage and wherever
 * the stream is joined. ISO/IEC 13818-1, section 2.4.3.
 *
 * @module
 */
import { joinBytes } from "@moq-deno/lite/internal";

/** Bytes of a packet. */
export const PACKET_BYTES = 188;

const SYNC = 0x47;
// Plain, with a time in front of each packet (M2TS), with error correction behind it.
const STRIDES = [188, 192, 204];
// So many in a row at one distance are no accident.
const SYNCS = 4;
/** Enough bytes to tell, wherever in a packet they begin. */
export const PROBE_BYTES = 204 * (SYNCS + 1);

/** Where packets lie in bytes. */
export interface PacketLayout {
  /** From one packet to the next. */
  readonly stride: number;
  /** Of the first whole packet. */
  readonly offset: number;
}

/** Where the packets are in `head`, `undefined` when it is no transport stream. */
export function findPackets(head: Uint8Array): PacketLayout | undefined {
  for (const stride of STRIDES) {
    for (let offset = 0; offset < stride; offset++) {
      if (isRow(head, { stride, offset })) return { stride, offset };
    }
  }
  return undefined;
}

function isRow(
  bytes: Uint8Array,
  { stride, offset }: PacketLayout,
): boolean {
  for (let n = 0; n < SYNCS; n++) {
    if (bytes[offset + n * stride] !== SYNC) return false;
  }
  return true;
}

/** Cuts bytes into packets; what lies between them is left out and counted. */
export class PacketCutter {
  readonly #stride: number;
  #rest: Uint8Array;
  #skip: number;
  #isLost = false;
  #damagedBytes = 0;
  #gaps = 0;

  /** For bytes that begin as `layout` says. */
  constructor({ stride, offset }: PacketLayout) {
    this.#stride = stride;
    this.#skip = offset;
    this.#rest = new Uint8Array();
  }

  /** Bytes left out because they were not where packets are. */
  get damagedBytes(): number {
    return this.#damagedBytes;
  }

  /** Times that packets had to be found again. */
  get gaps(): number {
    return this.#gaps;
  }

  /** The packets that `chunk` completes, as views that stay valid. */
  *push(chunk: Uint8Array): Iterable<Uint8Array> {
    const bytes = this.#rest.byteLength === 0
      ? chunk
      : joinBytes([this.#rest, chunk]);
    let at = Math.min(this.#skip, bytes.byteLength);
    this.#skip -= at;
    while (at + PACKET_BYTES <= bytes.byteLength) {
      const isSync = bytes[at] === SYNC;
      if (isSync && (!this.#isLost || bytes[at + this.#stride] === SYNC)) {
        this.#isLost = false;
        yield bytes.subarray(at, at + PACKET_BYTES);
        at += this.#stride;
        continue;
      }
      if (!this.#isLost) {
        this.#isLost = true;
        this.#gaps++;
      }
      const next = bytes.indexOf(SYNC, at + 1);
      const to = next < 0 ? bytes.byteLength : next;
      // The packet after it decides, which may not be here yet.
      if (isSync && at + this.#stride >= bytes.byteLength) break;
      this.#damagedBytes += to - at;
      at = to;
    }
    this.#skip += Math.max(0, at - bytes.byteLength);
    // A copy, so that a small rest does not keep a large chunk.
    this.#rest = bytes.slice(at);
  }
}

/** A packet's header and payload. */
export interface TsPacket {
  /** Which stream it is of. */
  readonly pid: number;
  /** Whether a section or PES packet begins in it. */
  readonly isStart: boolean;
  /** Whether the payload is encrypted. */
  readonly isScrambled: boolean;
  /** Whether decoding can begin at what begins here. */
  readonly isRandomAccess: boolean;
  /** Whether the sender says that counters begin again. */
  readonly isDiscontinuity: boolean;
  /** Counts packets with payload, modulo 16. */
  readonly counter: number;
  /** May be empty. */
  readonly payload: Uint8Array;
  /** All of it. */
  readonly bytes: Uint8Array;
}

const EMPTY = new Uint8Array();

/** Reads a packet, `undefined` for one that was damaged on its way. */
export function readPacket(bytes: Uint8Array): TsPacket | undefined {
  const [, second = 0, third = 0, fourth = 0] = bytes;
  if (second & 0x80) return undefined;
  const hasAdaptation = (fourth & 0x20) !== 0;
  const hasPayload = (fourth & 0x10) !== 0;
  const adaptationBytes = hasAdaptation ? bytes[4]! + 1 : 0;
  const start = 4 + adaptationBytes;
  if (start > PACKET_BYTES) return undefined;
  const flags = adaptationBytes > 1 ? bytes[5]! : 0;
  return {
    pid: ((second & 0x1f) << 8) | third,
    isStart: (second & 0x40) !== 0,
    isScrambled: (fourth & 0xc0) !== 0,
    isRandomAccess: (flags & 0x40) !== 0,
    isDiscontinuity: (flags & 0x80) !== 0,
    counter: fourth & 0x0f,
    payload: hasPayload ? bytes.subarray(start) : EMPTY,
    bytes,
  };
}
