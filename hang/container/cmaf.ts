/**
 * The CMAF container: a payload is one or more complete fragments, moof and
 * mdat, whose times are read from the moof. ISO/IEC 14496-12, section 8.8.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { boxAt, BoxReader, findBox, splitBoxes } from "./boxes.ts";
import {
  type CmafTrack,
  readCmafInit,
  type SampleDefaults,
} from "./cmaf_init.ts";
import { writeFragment } from "./cmaf_fragment.ts";
import type { Container, Sample } from "./sample.ts";

// The largest group has as many frames; a fragment with more samples is not meant to be played.
const MAX_SAMPLES = 8192;
const IS_NOT_SYNC = 0x10000;

const MICROSECONDS = 1_000_000;

/** A CMAF container for the track of `init` (ftyp+moov); throws `MoqError("decode")` that names a missing box. */
export function openCmaf(init: Uint8Array): Container {
  const track = readCmafInit(init);
  return {
    kind: "cmaf",
    encode: (sample) => writeFragment(sample, track),
    decode: (payload) => readFragments(payload, track),
  };
}

function readFragments(payload: Uint8Array, track: CmafTrack): Sample[] {
  const target: Target = {
    track,
    samples: [],
    // A sample of no bytes is an exception: a payload has not more samples than bytes.
    maxSamples: Math.min(MAX_SAMPLES, payload.byteLength),
    bytesLeft: payload.byteLength,
  };
  const boxes = splitBoxes(payload);
  for (const [index, box] of boxes.entries()) {
    if (box.type !== "moof") continue;
    const following = boxes.slice(index + 1);
    findBox(following.slice(0, 1), "mdat", "the place after moof");
    const bytes = payload.subarray(box.start);
    readFragment(box.body, { bytes, target });
  }
  findBox(boxes, "moof", "the fragment");
  return target.samples;
}

interface Target {
  readonly track: CmafTrack;
  readonly samples: Sample[];
  readonly maxSamples: number;
  /** What the samples that follow may have together: they do not overlap. */
  bytesLeft: number;
}

/** `bytes` is everything from the moof's header on, which data offsets count from. */
function readFragment(
  moof: Uint8Array,
  { bytes, target }: { readonly bytes: Uint8Array; readonly target: Target },
): void {
  for (const traf of splitBoxes(moof).filter(({ type }) => type === "traf")) {
    const boxes = splitBoxes(traf.body);
    const header = readTfhd(boxAt(boxes, ["tfhd"]), target.track.defaults);
    if (header.trackId !== target.track.trackId) continue;
    let decodeTime = readTfdt(boxAt(boxes, ["tfdt"]));
    let offset = -1;
    for (const { type, body } of boxes) {
      if (type !== "trun") continue;
      const run = readTrun(body, {
        defaults: header.defaults,
        maxSamples: target.maxSamples - target.samples.length,
      });
      // A run without an offset of its own follows the run before it.
      offset = run.dataOffset ?? offset;
      for (const entry of run.entries) {
        target.samples.push(
          readSample(entry, { bytes, offset, decodeTime, target }),
        );
        decodeTime += entry.duration;
        offset += entry.size;
      }
    }
  }
}

function readSample(
  entry: RunEntry,
  { bytes, offset, decodeTime, target }: {
    readonly bytes: Uint8Array;
    readonly offset: number;
    readonly decodeTime: number;
    readonly target: Target;
  },
): Sample {
  const end = offset + entry.size;
  if (offset < 0 || end > bytes.byteLength) {
    throw new MoqError(
      "decode",
      `Expected samples within ${bytes.byteLength} bytes, trun has one from ${offset} to ${end}`,
    );
  }
  target.bytesLeft -= entry.size;
  if (target.bytesLeft < 0) {
    throw new MoqError(
      "decode",
      `Expected samples that do not overlap, the one from ${offset} to ${end} does`,
    );
  }
  const toUs = MICROSECONDS / target.track.timescale;
  const timestampUs = Math.round((decodeTime + entry.compositionOffset) * toUs);
  if (!Number.isSafeInteger(timestampUs)) {
    throw new MoqError(
      "decode",
      `Expected a time up to 2^53-1 µs, got about ${timestampUs}`,
    );
  }
  return {
    // Priming sound may begin before zero, which no frame can say.
    timestampUs: Math.max(0, timestampUs),
    durationUs: Math.round(entry.duration * toUs),
    isKeyframe: (entry.flags & IS_NOT_SYNC) === 0,
    data: bytes.subarray(offset, end),
  };
}

function readTfhd(
  body: Uint8Array,
  inherited: SampleDefaults,
): { readonly trackId: number; readonly defaults: SampleDefaults } {
  const reader = new BoxReader(body, "tfhd");
  const { flags } = reader.versionAndFlags();
  const trackId = reader.u32();
  if (flags & 0x1) {
    throw new MoqError(
      "unsupported",
      "Expected offsets that count from moof, tfhd has an absolute one",
    );
  }
  if (flags & 0x2) reader.skip(4);
  return {
    trackId,
    defaults: {
      duration: flags & 0x8 ? reader.u32() : inherited.duration,
      size: flags & 0x10 ? reader.u32() : inherited.size,
      flags: flags & 0x20 ? reader.u32() : inherited.flags,
    },
  };
}

function readTfdt(body: Uint8Array): number {
  const reader = new BoxReader(body, "tfdt");
  return reader.versionAndFlags().version === 1 ? reader.u64() : reader.u32();
}

interface RunEntry extends SampleDefaults {
  readonly compositionOffset: number;
}

interface Run {
  readonly dataOffset: number | undefined;
  readonly entries: readonly RunEntry[];
}

function readTrun(
  body: Uint8Array,
  { defaults, maxSamples }: {
    readonly defaults: SampleDefaults;
    readonly maxSamples: number;
  },
): Run {
  const reader = new BoxReader(body, "trun");
  const { version, flags } = reader.versionAndFlags();
  const count = reader.u32();
  if (count > maxSamples) {
    throw new MoqError(
      "too-large",
      `Expected at most ${maxSamples} samples in trun, got ${count}`,
    );
  }
  const dataOffset = flags & 0x1 ? reader.i32() : undefined;
  const firstFlags = flags & 0x4 ? reader.u32() : undefined;
  const entries: RunEntry[] = [];
  for (let i = 0; i < count; i++) {
    const duration = flags & 0x100 ? reader.u32() : defaults.duration;
    const size = flags & 0x200 ? reader.u32() : defaults.size;
    const own = flags & 0x400 ? reader.u32() : defaults.flags;
    const compositionOffset = flags & 0x800
      ? version === 0 ? reader.u32() : reader.i32()
      : 0;
    entries.push({
      duration,
      size,
      flags: i === 0 ? firstFlags ?? own : own,
      compositionOffset,
    });
  }
  return { dataOffset, entries };
}
