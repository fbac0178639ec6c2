/**
 * Tracks of Matroska that are neither picture nor sound, by the beginning of a
 * file. RFC 9559, section 5.1.4; RFC 8794, sections 4 and 5.
 *
 * @module
 */
import { EBML, headerAt, SEGMENT } from "./ebml.ts";

const TRACKS = 0x1654ae6b;
const TRACK_ENTRY = 0xae;
const NUMBER = 0xd7;
const TYPE = 0x83;
const CODEC = 0x86;
const LANGUAGE = 0x22b59c;
const SUBTITLES = 17;
const MAX_OTHERS = 32;

interface Element {
  readonly id: number;
  readonly body: Uint8Array;
}

/** The elements that `bytes` begin with; the last may be cut short. */
function* elementsIn(bytes: Uint8Array): Iterable<Element> {
  for (let at = 0; at < bytes.byteLength;) {
    const header = headerAt(bytes, at);
    if (!header) return;
    const start = at + header.headerBytes;
    // Of unknown size, as segments of a live stream are, or more than is here.
    const end = Math.min(start + (header.size ?? Infinity), bytes.byteLength);
    yield { id: header.id, body: bytes.subarray(start, end) };
    at = end;
  }
}

/** One sentence for each track of subtitles in a file that begins with `head`, as far as that has them. */
export function subtitlesOf(head: Uint8Array): readonly string[] {
  const found: string[] = [];
  for (const top of elementsIn(head)) {
    if (top.id !== EBML && top.id !== SEGMENT) break;
    if (top.id === EBML) continue;
    for (const part of elementsIn(top.body)) {
      if (part.id !== TRACKS) continue;
      for (const entry of elementsIn(part.body)) {
        const sentence = entry.id === TRACK_ENTRY
          ? subtitleOf(entry.body)
          : undefined;
        if (sentence && found.length < MAX_OTHERS) found.push(sentence);
      }
      return found;
    }
  }
  return found;
}

function subtitleOf(entry: Uint8Array): string | undefined {
  const fields = new Map(
    [...elementsIn(entry)].map(({ id, body }) => [id, body]),
  );
  if (fields.get(TYPE)?.[0] !== SUBTITLES) return undefined;
  const text = (id: number, otherwise: string): string => {
    const body = fields.get(id);
    const plain = body && String.fromCharCode(...body.subarray(0, 32));
    return plain && /^[\x21-\x7e]+$/.test(plain) ? plain : otherwise;
  };
  const number = fields.get(NUMBER)?.[0] ?? 0;
  return `Track ${number} is subtitles (${text(LANGUAGE, "eng")}, ${
    text(CODEC, "unknown")
  }), which are not read`;
}
