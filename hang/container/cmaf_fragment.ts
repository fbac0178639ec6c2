/**
 * Writing one sample as a CMAF fragment: moof and mdat, offsets counted from
 * the moof. ISO/IEC 14496-12, section 8.8.
 *
 * @module
 */
import { joinBytes } from "@moq-deno/lite/internal";
import { boxOf, HEADER_BYTES, wordsOf } from "./boxes.ts";
import type { CmafTrack } from "./cmaf_init.ts";
import type { Sample } from "./sample.ts";

const SYNC = 0x02000000; // depends on no other sample
const NOT_SYNC = 0x01010000; // depends on others and is no sync sample
const BASE_IS_MOOF = 0x020000;
const RUN_FLAGS = 0x000701; // data offset; duration, size and flags per sample
const MDAT = new TextEncoder().encode("mdat");

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
  const traf = boxOf("traf", [
    boxOf("tfhd", [wordsOf([BASE_IS_MOOF, track.trackId])]),
    boxOf("tfdt", [
      wordsOf([1 << 24, Math.floor(time / 2 ** 32), time % 2 ** 32]),
    ]),
    boxOf("trun", [
      wordsOf([
        ...[RUN_FLAGS, 1, dataOffset],
        ...[duration, sample.data.byteLength, flags],
      ]),
    ]),
  ]);
  return boxOf("moof", [boxOf("mfhd", [wordsOf([0, 1])]), traf]);
}

/** One sample as moof+mdat; its presentation time stands in tfdt, so that it needs no composition offset. */
export function writeFragment(sample: Sample, track: CmafTrack): Uint8Array {
  const length = moof(sample, { track, dataOffset: 0 }).byteLength;
  const head = moof(sample, { track, dataOffset: length + HEADER_BYTES });
  const { data } = sample;
  return joinBytes([
    ...[head, wordsOf([HEADER_BYTES + data.byteLength]), MDAT, data],
  ]);
}
