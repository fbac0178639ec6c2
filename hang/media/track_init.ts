/**
 * From the init segment of a file with several tracks to one for each: a
 * rendition is described by a segment that has its track alone.
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
  wholeBox,
} from "../container/boxes.ts";
import { readCmafInit, readTrackId } from "../container/cmaf_init.ts";

/** One track of a file. */
export interface TrackInit {
  /** Its number in fragments. */
  readonly trackId: number;
  /** Ticks per second. */
  readonly timescale: number;
  /** ftyp and a moov with this track only. */
  readonly init: Uint8Array;
}

/** The track of `trak`. */
function trackIdOf(trak: Uint8Array): number {
  return readTrackId(boxAt(splitBoxes(trak), ["tkhd"]));
}

function trexIdOf(trex: Uint8Array): number {
  const reader = new BoxReader(trex, "trex");
  reader.skip(4);
  return reader.u32();
}

/** One init segment for each track of `moov`, both boxes with their headers; throws `MoqError("decode")` that names a missing box. */
export function splitInit(ftyp: Uint8Array, moov: Uint8Array): TrackInit[] {
  const body = moov.subarray(HEADER_BYTES);
  const ids = splitBoxes(body).filter(({ type }) => type === "trak")
    .map((trak) => trackIdOf(trak.body));
  return ids.map((trackId) => {
    const own = ids.length === 1 ? moov : boxOf("moov", partsOf(body, trackId));
    const init = joinBytes([ftyp, own]);
    return { trackId, timescale: readCmafInit(init).timescale, init };
  });
}

/** The boxes in the body of a moov that are of a track, or of all. */
function partsOf(moov: Uint8Array, trackId: number): Uint8Array[] {
  const kept: Uint8Array[] = [];
  for (const box of splitBoxes(moov)) {
    const { type, body } = box;
    if (type === "mvex") {
      const own = splitBoxes(body).filter((one) =>
        one.type !== "trex" || trexIdOf(one.body) === trackId
      );
      kept.push(boxOf("mvex", own.map((one) => wholeBox(body, one))));
    } else if (type !== "trak" || trackIdOf(body) === trackId) {
      kept.push(wholeBox(moov, box));
    }
  }
  return kept;
}
