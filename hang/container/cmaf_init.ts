/**
 * What a CMAF init segment says about its one track: the numbers needed to read
 * its fragments. ISO/IEC 14496-12, sections 8.3, 8.4.2 and 8.8.3.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { boxAt, BoxReader, splitBoxes } from "./boxes.ts";

/** What a fragment leaves out because the init segment has it. */
export interface SampleDefaults {
  /** In ticks. */
  readonly duration: number;
  /** In bytes. */
  readonly size: number;
  /** Sample flags, section 8.8.3.1. */
  readonly flags: number;
}

/** The track of an init segment. */
export interface CmafTrack {
  /** Fragments of other tracks are not this track's. */
  readonly trackId: number;
  /** Ticks per second. */
  readonly timescale: number;
  /** For fragments without values of their own. */
  readonly defaults: SampleDefaults;
}

/** The number after the two times: the track's id in tkhd, the timescale in mdhd. */
function readAfterTimes(box: Uint8Array, type: "tkhd" | "mdhd"): number {
  const reader = new BoxReader(box, type);
  const { version } = reader.versionAndFlags();
  reader.skip(version === 1 ? 16 : 8);
  return reader.u32();
}

/** The track that a tkhd box is of. */
export function readTrackId(tkhd: Uint8Array): number {
  return readAfterTimes(tkhd, "tkhd");
}

function readTimescale(mdhd: Uint8Array): number {
  const timescale = readAfterTimes(mdhd, "mdhd");
  if (timescale > 0) return timescale;
  throw new MoqError("decode", "Expected a timescale above 0 in mdhd, got 0");
}

function readDefaults(trex: Uint8Array): SampleDefaults {
  const reader = new BoxReader(trex, "trex");
  reader.skip(12); // version, flags, track, description index
  return { duration: reader.u32(), size: reader.u32(), flags: reader.u32() };
}

/** Reads ftyp+moov with one track; throws `MoqError("decode")` that names the box. */
export function readCmafInit(init: Uint8Array): CmafTrack {
  const moov = splitBoxes(boxAt(splitBoxes(init), ["moov"]));
  const tracks = moov.filter(({ type }) => type === "trak").length;
  if (tracks !== 1) {
    throw new MoqError("decode", `Expected one trak in moov, got ${tracks}`);
  }
  return {
    trackId: readTrackId(boxAt(moov, ["trak", "tkhd"])),
    timescale: readTimescale(boxAt(moov, ["trak", "mdia", "mdhd"])),
    defaults: readDefaults(boxAt(moov, ["mvex", "trex"])),
  };
}
