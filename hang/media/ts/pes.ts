/**
 * PES packets: a stream's bytes with their times. ISO/IEC 13818-1, section
 * 2.4.3.6.
 *
 * @module
 */
import { equalBytes } from "@moq-deno/lite/internal";
import type { TsPacket } from "./packets.ts";

const HEADER_BYTES = 9;
const LENGTH_BYTES = 6;
const MAX_BYTES = 16 << 20;
// Of 33 bits; time goes on after 26.5 hours, whatever this does.
const MODULUS = 2 ** 33;
// Ten seconds: streams of one program are closer.
const NEAR_TICKS = 10 * 90_000;

/** The payload of a PES packet. */
export interface Pes {
  /** Presentation time in ticks of 90 kHz, modulo 2^33. */
  readonly pts: number | undefined;
  /** Decode time likewise, when it is another. */
  readonly dts: number | undefined;
  /** Whether the multiplexer says that decoding can begin here. */
  readonly isRandomAccess: boolean;
  /** Elementary stream. */
  readonly data: Uint8Array;
  /** Whether bytes before it are missing. */
  readonly isAfterGap: boolean;
  /** The packets that it came in. */
  readonly packets: readonly Uint8Array[];
}

/** Collects the PES packets of one PID; one of which bytes are missing is left out. */
export class PesReader {
  #packets: TsPacket[] = [];
  #bytes = 0;
  #size: number | undefined;
  #counter: number | undefined;
  #last: TsPacket | undefined;
  #isBroken = false;
  #lost = 0;

  /** PES packets left out. */
  get lost(): number {
    return this.#lost;
  }

  /** The PES packets that `packet` completes: usually none or one. */
  push(packet: TsPacket): readonly Pes[] {
    const { payload, counter, isStart } = packet;
    if (payload.byteLength === 0) return [];
    // A packet may be sent twice.
    const isAgain = this.#counter === counter && this.#last !== undefined &&
      equalBytes(payload, this.#last.payload);
    if (isAgain) return [];
    this.#last = packet;
    const expected = this.#counter === undefined
      ? counter
      : (this.#counter + 1) & 0x0f;
    const isGap = counter !== expected && !packet.isDiscontinuity;
    this.#counter = counter;
    const done: Pes[] = [];
    if (isStart) {
      // Where streams were joined counters do not fit, and what is complete is complete.
      const open = this.end();
      if (open) done.push(open);
      this.#begin(packet);
    } else if (isGap) this.#drop();
    else if (this.#packets.length > 0) this.#add(packet);
    const isComplete = this.#size !== undefined && this.#bytes >= this.#size;
    const complete = isComplete ? this.end() : undefined;
    return complete ? [...done, complete] : done;
  }

  /** The last one, whose length may not have been known. */
  end(): Pes | undefined {
    const packets = this.#packets;
    if (packets.length === 0) return undefined;
    const isWhole = this.#size === undefined || this.#bytes >= this.#size;
    const pes = isWhole ? this.#read(packets) : undefined;
    this.#packets = [];
    if (!pes) this.#drop();
    else this.#isBroken = false;
    return pes;
  }

  #begin(packet: TsPacket): void {
    const { payload } = packet;
    const isPes = payload[0] === 0 && payload[1] === 0 && payload[2] === 1;
    if (!isPes) return this.#drop();
    const size = (payload[4]! << 8) | payload[5]!;
    this.#size = size === 0 ? undefined : size + LENGTH_BYTES;
    this.#bytes = 0;
    this.#add(packet);
  }

  #add(packet: TsPacket): void {
    this.#packets.push(packet);
    this.#bytes += packet.payload.byteLength;
    if (this.#bytes > MAX_BYTES) this.#drop();
  }

  #drop(): void {
    if (!this.#isBroken) this.#lost++;
    this.#isBroken = true;
    this.#packets = [];
  }

  #read(packets: readonly TsPacket[]): Pes | undefined {
    const size = this.#size ?? this.#bytes;
    const all = new Uint8Array(Math.max(size, this.#bytes));
    let at = 0;
    for (const { payload } of packets) {
      all.set(payload, at);
      at += payload.byteLength;
    }
    const start = HEADER_BYTES + (all[8] ?? 0);
    if (all.byteLength < HEADER_BYTES || start > size) return undefined;
    const flags = all[7]! >> 6;
    const pts = flags >= 2 ? timeAt(all, 9) : undefined;
    return {
      pts,
      dts: flags === 3 && start >= 19 ? timeAt(all, 14) : undefined,
      isRandomAccess: packets[0]!.isRandomAccess,
      data: all.subarray(start, size),
      isAfterGap: this.#isBroken,
      packets: packets.map(({ bytes }) => bytes),
    };
  }
}

function timeAt(bytes: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = bytes.subarray(at, at + 5);
  return ((a >> 1) & 7) * 2 ** 30 + (b << 22) + ((c >> 1) << 15) + (d << 7) +
    (e >> 1);
}

/** Times of 33 bits as times that go on: each is read as the one nearest to the one before; one that is damaged moves none that follow. */
export class TickClock {
  #last: number | undefined;
  #beforeStep: number | undefined;

  /** `ticks` with what the bits leave out. */
  at(ticks: number): number {
    const last = this.#last ?? ticks;
    const at = nearest(ticks, last);
    this.#last = at;
    if (isNear(at, last)) return at;
    const before = this.#beforeStep;
    const again = before === undefined ? at : nearest(ticks, before);
    if (before !== undefined && isNear(again, before)) {
      this.#beforeStep = undefined;
      this.#last = again;
    } else this.#beforeStep = last;
    return this.#last;
  }
}

function nearest(ticks: number, to: number): number {
  return ticks + Math.round((to - ticks) / MODULUS) * MODULUS;
}

function isNear(one: number, other: number): boolean {
  return Math.abs(one - other) <= NEAR_TICKS;
}
