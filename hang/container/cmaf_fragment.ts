/**
 * Writing one sample as a CMAF fragment: moof and mdat, offsets counted from
 * the moof. ISO/IEC 14496-12, section 8.8.
 *
 * @module
 */
import type { CmafTrack } from "./cmaf_init.ts";
import type { Sample } from "./sample.ts";

const SYNC = 0x02000000; // depends on no other sample
const NOT_SYNC = 0x01010000; // depends on others and is no sync sample
const BASE_IS_MOOF = 0x020000;
const RUN_FLAGS = 0x000701; // data offset; duration, size and flags per sample
const HEADER_BYTES = 8;

/** A box of `type` whose body is 32-bit words and then the bytes of `inner`. */
function box(
  type: string,
  { words = [], inner = [] }: {
    readonly words?: readonly number[];
    readonly inner?: readonly Uint8Array[];
  },
): Uint8Array {
  const size = inner.reduce(
    (sum, { byteLength }) => sum + byteLength,
    HEADER_BYTES + words.length * 4,
  );
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, size);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  let at = HEADER_BYTES;
  for (const word of words) {
    view.setUint32(at, word);
    at += 4;
  }
  for (const part of inner) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

function moof(
  sample: Sample,
  { track, dataOffset }: {
    readonly track: CmafTrack;
    readonly dataOffset: number;
  },
): Uint8Array {
  const ticks = (us: number): number =>
    Math.round(us * (track.timescale / 1_000_000));
  const time = ticks(sample.timestampUs);
  const duration = sample.durationUs === undefined
    ? track.defaults.duration
    : ticks(sample.durationUs);
  const flags = sample.isKeyframe === false ? NOT_SYNC : SYNC;
  const traf = box("traf", {
    inner: [
      box("tfhd", { words: [BASE_IS_MOOF, track.trackId] }),
      box("tfdt", {
        words: [1 << 24, Math.floor(time / 2 ** 32), time % 2 ** 32],
      }),
      box("trun", {
        words: [
          RUN_FLAGS,
          1,
          dataOffset,
          duration,
          sample.data.byteLength,
          flags,
        ],
      }),
    ],
  });
  return box("moof", { inner: [box("mfhd", { words: [0, 1] }), traf] });
}

/** One sample as moof+mdat; its presentation time stands in tfdt, so that it needs no composition offset. */
export function writeFragment(sample: Sample, track: CmafTrack): Uint8Array {
  const length = moof(sample, { track, dataOffset: 0 }).byteLength;
  const head = moof(sample, { track, dataOffset: length + HEADER_BYTES });
  const mdat = box("mdat", { inner: [sample.data] });
  const fragment = new Uint8Array(length + mdat.byteLength);
  fragment.set(head);
  fragment.set(mdat, length);
  return fragment;
}
