/**
 * From the init segment of a file with several tracks to one for each: a
 * rendition is described by a segment that has its track alone.
 *
 * @module
 */
import { joinBytes } from "@moq-deno/lite/internal";
import { boxAt, BoxReader, splitBoxes } from "../container/boxes.ts";
import { readCmafInit } from "../container/cmaf_init.ts";

const HEADER_BYTES = 8;

/** One track of a file. */
export interface TrackInit {
  /** Its number in fragments. */
  readonly trackId: number;
  /** Ticks per second. */
  readonly timescale: number;
  /** ftyp and a moov with this track only. */
  readonly init: Uint8Array;
}

function box(type: string, parts: readonly Uint8Array[]): Uint8Array {
  const size = parts.reduce(
    (sum, { byteLength }) => sum + byteLength,
    HEADER_BYTES,
  );
  const bytes = new Uint8Array(size);
  new DataView(bytes.buffer).setUint32(0, size);
  bytes.set(new TextEncoder().encode(type), 4);
  let at = HEADER_BYTES;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

/** The boxes in `body`, each with its header. */
function wholeBoxes(
  body: Uint8Array,
): {
  readonly type: string;
  readonly whole: Uint8Array;
  readonly body: Uint8Array;
}[] {
  const boxes = splitBoxes(body);
  return boxes.map(({ type, start, body: inner }, index) => ({
    type,
    whole: body.subarray(start, boxes[index + 1]?.start ?? body.byteLength),
    body: inner,
  }));
}

function trackIdOf(trak: Uint8Array): number {
  const reader = new BoxReader(boxAt(splitBoxes(trak), ["tkhd"]), "tkhd");
  const { version } = reader.versionAndFlags();
  reader.skip(version === 1 ? 16 : 8);
  return reader.u32();
}

function trexIdOf(trex: Uint8Array): number {
  const reader = new BoxReader(trex, "trex");
  reader.skip(4);
  return reader.u32();
}

/** One init segment for each track of `moov`, both boxes with their headers; throws `MoqError("decode")` that names a missing box. */
export function splitInit(ftyp: Uint8Array, moov: Uint8Array): TrackInit[] {
  const children = wholeBoxes(moov.subarray(HEADER_BYTES));
  const ids = children.filter(({ type }) => type === "trak")
    .map(({ body }) => trackIdOf(body));
  return ids.map((trackId) => {
    const init = ids.length === 1
      ? joinBytes([ftyp, moov])
      : joinBytes([ftyp, box("moov", childrenOf(children, trackId))]);
    return { trackId, timescale: readCmafInit(init).timescale, init };
  });
}

function childrenOf(
  children: ReturnType<typeof wholeBoxes>,
  trackId: number,
): Uint8Array[] {
  const kept: Uint8Array[] = [];
  for (const { type, whole, body } of children) {
    if (type === "mvex") {
      const inner = wholeBoxes(body).filter((one) =>
        one.type !== "trex" || trexIdOf(one.body) === trackId
      );
      kept.push(box("mvex", inner.map((one) => one.whole)));
    } else if (type !== "trak" || trackIdOf(body) === trackId) {
      kept.push(whole);
    }
  }
  return kept;
}
