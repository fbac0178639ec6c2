/**
 * The index of a track's groups: 32 bytes for each. An entry has a checksum of
 * itself and one of its group, so that damage costs what it hit and nothing
 * else; entries of older recordings have neither and are judged by how they
 * follow each other.
 *
 * @module
 */
import { MAX_GROUP_BYTES } from "@moq-deno/lite/internal";
import { crc16, crc32 } from "./checksum.ts";
import { readGroup } from "./read_group.ts";

/** Bytes of an entry. */
export const ENTRY_BYTES = 32;
/** All bytes of an entry that is lost, after its own were set aside. */
export const LOST_BYTE = 0xff;
// The upper bits of the offset, which no file reaches, hold the entry's own checksum.
const OWN_CHECKSUM_AT = 8;
const HIGH_BITS = 2 ** 48;
// Trying to recover an entry reads its group.
const MAX_RECOVERIES = 1000;

/** Where one group is. */
export interface GroupEntry {
  /** Its number within its track. */
  readonly sequence: number;
  /** Offset in the file. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** When it was complete, in milliseconds since 1970. */
  readonly arrivalMs: number;
  /** CRC-32 of the group, 0 where the recording is of before there was one. */
  readonly checksum?: number | undefined;
}

/** An entry that is not as it was written. */
export interface DamagedEntry {
  /** Its place in the index, counted from 0. */
  readonly place: number;
  /** Its bytes. */
  readonly bytes: Uint8Array;
  /** What it said, where that could be told all the same. */
  readonly recovered: GroupEntry | undefined;
}

/** What an index says. */
export interface IndexContent {
  /** The entries that can be used, recovered ones included, in the order of the file. */
  readonly entries: GroupEntry[];
  /** Those that are not as they were written. */
  readonly damaged: readonly DamagedEntry[];
  /** The places of entries that are lost, those that were set aside before included. */
  readonly lost: readonly number[];
  /** What stands behind the last whole entry. */
  readonly rest: Uint8Array;
}

/** The groups that an index is about. */
interface IndexedBytes {
  /** How many bytes there are. */
  readonly size: number;
  /** Exactly `length` bytes from `offset` on. */
  read(offset: number, length: number): Uint8Array;
}

/** The checksum of a group as an entry holds it: 0 means that there is none. */
export function groupChecksum(group: Uint8Array): number {
  return crc32(group) || 1;
}

/** An entry with its own checksum, or without one where its group has none. */
export function encodeEntry(entry: GroupEntry): Uint8Array {
  const bytes = new Uint8Array(ENTRY_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(entry.sequence));
  view.setBigUint64(8, BigInt(entry.offset));
  view.setUint32(16, entry.checksum ?? 0);
  view.setUint32(20, entry.length);
  view.setFloat64(24, entry.arrivalMs);
  if (entry.checksum) view.setUint16(OWN_CHECKSUM_AT, ownChecksum(bytes));
  return bytes;
}

function ownChecksum(bytes: Uint8Array): number {
  const copy = bytes.slice();
  copy.fill(0, OWN_CHECKSUM_AT, OWN_CHECKSUM_AT + 2);
  return crc16(copy);
}

interface Slot {
  readonly place: number;
  readonly bytes: Uint8Array;
  readonly entry: GroupEntry;
  readonly isChecked: boolean;
  /** Whether it is what was written, as far as it says so itself. */
  readonly isSound: boolean;
}

function decodeSlot(bytes: Uint8Array, place: number): Slot {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const own = view.getUint16(OWN_CHECKSUM_AT);
  const checksum = view.getUint32(16);
  const entry = {
    sequence: Number(view.getBigUint64(0)),
    offset: Number(view.getBigUint64(8) % BigInt(HIGH_BITS)),
    length: view.getUint32(20),
    arrivalMs: view.getFloat64(24),
    checksum,
  };
  const isChecked = checksum !== 0;
  const isSound = Number.isSafeInteger(entry.sequence) &&
    Number.isFinite(entry.arrivalMs) &&
    (isChecked ? own === ownChecksum(bytes) : own === 0 && !isBlank(bytes));
  return { place, bytes, entry, isChecked, isSound };
}

/** Whether it was never written: power was lost before the file system came to it. */
function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function endOf({ offset, length }: GroupEntry): number {
  return offset + length;
}

/** Reads an index; entries that are damaged or point outside of `data` are set apart, and what follows them is not. */
export function readIndex(index: Uint8Array, data: IndexedBytes): IndexContent {
  return new IndexReader(index, data).read();
}

class IndexReader {
  readonly #index: Uint8Array;
  readonly #data: IndexedBytes;
  readonly #count: number;
  readonly #entries: GroupEntry[] = [];
  readonly #places: number[] = [];
  readonly #damaged: DamagedEntry[] = [];
  readonly #lost: number[] = [];
  #waiting: Slot[] = [];
  #recoveries = 0;

  constructor(index: Uint8Array, data: IndexedBytes) {
    this.#index = index;
    this.#data = data;
    this.#count = Math.floor(index.byteLength / ENTRY_BYTES);
  }

  read(): IndexContent {
    for (let place = 0; place < this.#count; place++) {
      const slot = this.#slot(place);
      if (slot.bytes.every((byte) => byte === LOST_BYTE)) {
        this.#lost.push(place);
      } else if (this.#follows(slot)) this.#accept(slot);
      else this.#waiting.push(slot);
    }
    this.#settle(undefined);
    const rest = this.#index.slice(this.#count * ENTRY_BYTES);
    for (const { place, recovered } of this.#damaged) {
      if (!recovered) this.#lost.push(place);
    }
    return {
      entries: this.#entries,
      damaged: this.#damaged,
      lost: this.#lost.sort((a, b) => a - b),
      rest,
    };
  }

  get #end(): number {
    const last = this.#entries.at(-1);
    return last ? endOf(last) : 0;
  }

  #slot(place: number): Slot {
    const at = place * ENTRY_BYTES;
    return decodeSlot(this.#index.subarray(at, at + ENTRY_BYTES), place);
  }

  #follows(slot: Slot): boolean {
    const { entry, isChecked, isSound } = slot;
    if (!isSound || endOf(entry) > this.#data.size) return false;
    if (isChecked || entry.offset === this.#end) {
      return entry.offset >= this.#end;
    }
    const isAfterDamage = this.#waiting.length > 0 && entry.offset > this.#end;
    const fitsNext = this.#fitsNext(slot);
    if (isAfterDamage) return fitsNext;
    // The one before may be the wrong one, when this one and the next agree.
    const before = this.#entries.at(-1);
    if (!before || before.checksum || !fitsNext) return false;
    if (entry.offset < before.offset) return false;
    this.#entries.pop();
    this.#waiting.push(this.#slot(this.#places.pop()!));
    return true;
  }

  #fitsNext({ place, entry }: Slot): boolean {
    if (place + 1 >= this.#count) return endOf(entry) === this.#data.size;
    return this.#slot(place + 1).entry.offset === endOf(entry);
  }

  #accept({ entry, place }: Slot): void {
    if (this.#waiting.length > 0) this.#settle(entry);
    this.#entries.push(entry);
    this.#places.push(place);
  }

  /** Decides about the slots that wait, which stand before `next`. */
  #settle(next: GroupEntry | undefined): void {
    const slots = this.#waiting;
    this.#waiting = [];
    for (const [index, slot] of slots.entries()) {
      const isLast = index === slots.length - 1;
      const recovered = this.#recovered(slot, {
        end: next && isLast ? next.offset : undefined,
        limit: next?.offset ?? this.#data.size,
      });
      if (recovered) {
        this.#entries.push(recovered);
        this.#places.push(slot.place);
      }
      const { place, bytes } = slot;
      this.#damaged.push({ place, bytes: bytes.slice(), recovered });
    }
  }

  /** What `slot` said, if its own checksum and that of the group agree on it. */
  #recovered(
    slot: Slot,
    { end, limit }: {
      readonly end: number | undefined;
      readonly limit: number;
    },
  ): GroupEntry | undefined {
    if (isBlank(slot.bytes)) return undefined;
    if (this.#recoveries++ >= MAX_RECOVERIES) return undefined;
    const offset = this.#end;
    const length = (end ?? endOf(slot.entry)) - offset;
    const placed = { ...slot.entry, offset, length };
    if (slot.isChecked) {
      for (const bytes of likelyBytes(slot.bytes, placed)) {
        const { entry, isSound, isChecked } = decodeSlot(bytes, slot.place);
        if (isSound && isChecked && this.#matches(entry, limit)) return entry;
      }
      return undefined;
    }
    const before = this.#entries.at(-1);
    const isLikely = end !== undefined && length > 0 &&
      Number.isSafeInteger(placed.sequence) &&
      Math.abs(placed.sequence - (before?.sequence ?? placed.sequence)) < 64 &&
      Number.isFinite(placed.arrivalMs);
    return isLikely && this.#isGroup(placed) ? placed : undefined;
  }

  #matches(entry: GroupEntry, limit: number): boolean {
    if (entry.offset < this.#end || endOf(entry) > limit) return false;
    if (entry.length > MAX_GROUP_BYTES) return false;
    const group = this.#data.read(entry.offset, entry.length);
    return groupChecksum(group) === entry.checksum;
  }

  #isGroup({ offset, length }: GroupEntry): boolean {
    if (length > MAX_GROUP_BYTES) return false;
    try {
      return readGroup(this.#data.read(offset, length)).length > 0;
    } catch {
      return false; // What is no group cannot be what was written.
    }
  }
}

/** What `bytes` may have been: where its neighbours say that it belongs, and with one bit as it was. */
function* likelyBytes(
  bytes: Uint8Array,
  { offset, length }: GroupEntry,
): Generator<Uint8Array, void> {
  const placed = bytes.slice();
  const view = new DataView(placed.buffer);
  view.setUint16(10, Math.floor(offset / 2 ** 32));
  view.setUint32(12, offset % 2 ** 32);
  if (length >= 0 && length <= MAX_GROUP_BYTES) view.setUint32(20, length);
  for (const base of [bytes, placed]) {
    yield base;
    for (let bit = 0; bit < ENTRY_BYTES * 8; bit++) {
      const flipped = base.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      yield flipped;
    }
  }
}
