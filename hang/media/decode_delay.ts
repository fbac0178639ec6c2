/**
 * Pictures that are shown in another order than they are decoded: in MP4 none
 * may be shown before it is decoded, or players shift the whole track against
 * the sound. ISO/IEC 14496-12, sections 8.6.6, 8.8.8 and 8.8.12.
 *
 * @module
 */
import { joinBytes } from "@moq-deno/lite/internal";
import {
  boxAt,
  boxOf,
  BoxReader,
  HEADER_BYTES,
  splitBoxes,
  viewOf,
  wholeBox,
  wordsOf,
} from "../container/boxes.ts";
import { readTrackId } from "../container/cmaf_init.ts";

const HAS_DATA_OFFSET = 0x1;
const HAS_FIRST_FLAGS = 0x4;
const FIELDS = [0x100, 0x200, 0x400];
const HAS_SHOWN_OFFSET = 0x800;
const TFRA_ENTRY_BYTES = 28;
// Of the boxes that are changed; those with samples pass.
const MAX_BOX_BYTES = 64 << 20;

// More than encoders reorder.
const REORDERED_PICTURES = 4;
// Those of other codecs, and of H.264 in its baseline profile, go in the order in which they are shown.
const REORDERING = /^(?:avc[13]\.(?!42)|h(?:ev|vc)1\.)/;

/** How much later than decoded the pictures of `codec` are shown at the latest, in microseconds. */
export function decodeDelayUs(
  codec: string,
  { stepUs }: { readonly stepUs: number },
): number {
  return REORDERING.test(codec) ? REORDERED_PICTURES * stepUs : 0;
}

/** A run with `ticks` added to when each sample is shown. */
function laterRun(body: Uint8Array, ticks: number): Uint8Array {
  const reader = new BoxReader(body, "trun");
  const { flags } = reader.versionAndFlags();
  const count = reader.u32();
  const head = (flags & HAS_DATA_OFFSET ? 1 : 0) +
    (flags & HAS_FIRST_FLAGS ? 1 : 0);
  const fields = FIELDS.filter((flag) => flags & flag).length;
  const words: number[] = [0x01000000 | flags | HAS_SHOWN_OFFSET, count];
  for (let n = 0; n < head; n++) words.push(reader.u32());
  for (let sample = 0; sample < count; sample++) {
    for (let n = 0; n < fields; n++) words.push(reader.u32());
    words.push((flags & HAS_SHOWN_OFFSET ? reader.i32() : 0) + ticks);
  }
  return boxOf("trun", [wordsOf(words)]);
}

/** Options of {@linkcode shownLater}. */
interface ShownLaterOptions {
  /** Which track. */
  readonly trackId: number;
  /** By how much, in the track's timescale. */
  readonly ticks: number;
  /** Whether samples are decoded earlier by as much, so that they are shown when they were. */
  readonly isDecodedEarlier: boolean;
}

/** The fragment header `moof`, in which the samples of a track are shown later after they are decoded. */
export function shownLater(
  moof: Uint8Array,
  options: ShownLaterOptions,
): Uint8Array {
  const body = moof.subarray(HEADER_BYTES);
  const parts = splitBoxes(body).map((box) =>
    box.type === "traf" ? laterTraf(box.body, options) : wholeBox(body, box)
  );
  const whole = boxOf("moof", parts);
  moveData(whole, whole.byteLength - moof.byteLength);
  return whole;
}

function laterTraf(
  body: Uint8Array,
  { trackId, ticks, isDecodedEarlier }: ShownLaterOptions,
): Uint8Array {
  const boxes = splitBoxes(body);
  const tfhd = boxes.find(({ type }) => type === "tfhd")!;
  const isOther = viewOf(tfhd.body).getUint32(4) !== trackId;
  if (isOther) return boxOf("traf", [body]);
  return boxOf(
    "traf",
    boxes.map((box) => {
      if (box.type === "trun") return laterRun(box.body, ticks);
      const whole = wholeBox(body, box).slice();
      if (box.type === "tfdt" && isDecodedEarlier) {
        const view = viewOf(whole);
        const at = HEADER_BYTES + 4;
        if (whole[HEADER_BYTES] === 1) {
          view.setBigUint64(at, view.getBigUint64(at) - BigInt(ticks));
        } else view.setUint32(at, view.getUint32(at) - ticks);
      }
      return whole;
    }),
  );
}

/** Offsets in all runs of `moof`, which grew by `bytes` before the data. */
function moveData(moof: Uint8Array, bytes: number): void {
  for (const traf of splitBoxes(moof.subarray(HEADER_BYTES))) {
    if (traf.type !== "traf") continue;
    for (const { type, body } of splitBoxes(traf.body)) {
      if (type !== "trun") continue;
      const view = viewOf(body);
      if (!(view.getUint32(0) & HAS_DATA_OFFSET)) continue;
      view.setInt32(8, view.getInt32(8) + bytes);
    }
  }
}

/** The edit of a track: how much of its time is cut off in front, in its timescale. */
function editOf(trak: Uint8Array): { trackId: number; ticks: number } {
  const boxes = splitBoxes(trak);
  const trackId = readTrackId(boxAt(boxes, ["tkhd"]));
  const edts = boxes.find(({ type }) => type === "edts");
  const elst = edts && splitBoxes(edts.body)[0]!.body;
  if (!elst) return { trackId, ticks: 0 };
  const view = viewOf(elst);
  const ticks = elst[0] === 1
    ? Number(view.getBigInt64(16))
    : view.getInt32(12);
  return { trackId, ticks: Math.max(0, ticks) };
}

/**
 * Passes a fragmented MP4 whose first track was begun so much too early as its pictures may be late, which its edit
 * list cuts off again: each picture is shown as much later.
 */
export class DecodeDelay {
  #pending: Uint8Array = new Uint8Array();
  #passing = 0;
  #edit: { readonly trackId: number; readonly ticks: number } | undefined;
  readonly #moved = new Map<number, number>();
  #read = 0;
  #grown = 0;

  /** What may be written once `chunk` has come. */
  *push(chunk: Uint8Array): Iterable<Uint8Array> {
    let rest = chunk;
    while (rest.byteLength > 0) {
      if (this.#passing > 0) {
        const part = rest.subarray(0, this.#passing);
        this.#passing -= part.byteLength;
        this.#read += part.byteLength;
        rest = rest.subarray(part.byteLength);
        yield part;
        continue;
      }
      const bytes = this.#pending.byteLength === 0
        ? rest
        : joinBytes([this.#pending, rest]);
      this.#pending = bytes;
      if (bytes.byteLength < 2 * HEADER_BYTES) return;
      const type = String.fromCharCode(...bytes.subarray(4, 8));
      const short = viewOf(bytes).getUint32(0);
      const size = short === 1 ? Number(viewOf(bytes).getBigUint64(8)) : short;
      const isChanged = ["moov", "moof", "mfra"].includes(type) &&
        size <= MAX_BOX_BYTES;
      if (isChanged && bytes.byteLength < size) return;
      this.#pending = new Uint8Array();
      if (isChanged) {
        yield this.#change(type, bytes.slice(0, size));
        this.#read += size;
        rest = bytes.subarray(size);
      } else {
        this.#passing = size;
        rest = bytes;
      }
    }
  }

  #change(type: string, box: Uint8Array): Uint8Array {
    if (type === "moov") {
      this.#edit = splitBoxes(box.subarray(HEADER_BYTES))
        .filter((one) => one.type === "trak")
        .map(({ body }) => editOf(body)).find(({ ticks }) => ticks > 0);
    } else if (type === "mfra") this.#moveIndex(box);
    else {
      this.#moved.set(this.#read, this.#read + this.#grown);
      if (!this.#edit) return box;
      const later = shownLater(box, { ...this.#edit, isDecodedEarlier: false });
      this.#grown += later.byteLength - box.byteLength;
      return later;
    }
    return box;
  }

  #moveIndex(mfra: Uint8Array): void {
    for (const { type, body } of splitBoxes(mfra.subarray(HEADER_BYTES))) {
      if (type !== "tfra") continue;
      const view = viewOf(body);
      const count = view.getUint32(12);
      for (let n = 0; n < count; n++) {
        const at = 16 + n * TFRA_ENTRY_BYTES + 8;
        const from = Number(view.getBigUint64(at));
        view.setBigUint64(at, BigInt(this.#moved.get(from) ?? from));
      }
    }
  }
}
