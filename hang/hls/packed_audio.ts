/**
 * Segments of sound without a container: frames one after the other, and an ID3
 * tag in front that says when they begin. RFC 8216, section 3.4.
 *
 * @module
 */

const HEADER_BYTES = 10;
const OWNER = "com.apple.streaming.transportStreamTimestamp";
const US_PER_TICK = 100 / 9;

/** A segment without the tags in front of it. */
interface PackedAudio {
  /** Its frames. */
  readonly frames: Uint8Array;
  /** When the first of them is heard in microseconds, if a tag says so. */
  readonly timeUs: number | undefined;
}

/** What is behind the ID3 tags at the beginning of `segment`, `undefined` when there are none. */
export function readPackedAudio(segment: Uint8Array): PackedAudio | undefined {
  let at = 0;
  let timeUs: number | undefined;
  while (isTag(segment, at)) {
    const end = at + HEADER_BYTES + safeSize(segment, at + 6);
    if (end > segment.byteLength) break;
    const tag = segment.subarray(at + HEADER_BYTES, end);
    timeUs ??= timeOf(tag, { version: segment[at + 3]! });
    at = end;
  }
  return at === 0 ? undefined : { frames: segment.subarray(at), timeUs };
}

function isTag(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x49 && bytes[at + 1] === 0x44 &&
    bytes[at + 2] === 0x33 && at + HEADER_BYTES <= bytes.byteLength;
}

/** Four bytes of seven bits. */
function safeSize(bytes: Uint8Array, at: number): number {
  return bytes.subarray(at, at + 4)
    .reduce((size, byte) => (size << 7) | (byte & 0x7f), 0);
}

function timeOf(
  tag: Uint8Array,
  { version }: { readonly version: number },
): number | undefined {
  const view = new DataView(tag.buffer, tag.byteOffset, tag.byteLength);
  for (let at = 0; at + HEADER_BYTES <= tag.byteLength;) {
    const id = String.fromCharCode(...tag.subarray(at, at + 4));
    const size = version >= 4 ? safeSize(tag, at + 4) : view.getUint32(at + 4);
    const start = at + HEADER_BYTES;
    const dataAt = start + OWNER.length + 1;
    at = start + size;
    if (id !== "PRIV" || at > tag.byteLength || dataAt + 8 > at) continue;
    const owner = String.fromCharCode(...tag.subarray(start, dataAt - 1));
    if (owner !== OWNER || tag[dataAt - 1] !== 0) continue;
    const ticks = view.getBigUint64(dataAt) & 0x1ffffffffn;
    return Math.round(Number(ticks) * US_PER_TICK);
  }
  return undefined;
}
