/**
 * The lines of a playlist and the values in them. RFC 8216, section 4.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";

const MAX_LINES = 100_000;
const SHOWN_CHARACTERS = 60;

/** One line that says something. */
export interface PlaylistLine {
  /** For people: which playlist and which line of it. */
  readonly place: string;
  /** As in `EXTINF`; empty for a URI. */
  readonly tag: string;
  /** What follows the tag's colon, or the URI. */
  readonly value: string;
}

/** The tags and URIs of `text`; throws `MoqError("decode")` when it is no playlist. */
export function linesOf(text: string, name: string): PlaylistLine[] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  if (lines[0]?.trim() !== "#EXTM3U") {
    const got = JSON.stringify(lines[0]?.slice(0, SHOWN_CHARACTERS) ?? "");
    throw new MoqError(
      "decode",
      `Expected line 1 of ${name} to be #EXTM3U, got ${got}`,
    );
  }
  if (lines.length > MAX_LINES) {
    throw new MoqError(
      "too-large",
      `Expected at most ${MAX_LINES} lines in ${name}, got ${lines.length}`,
    );
  }
  return lines.flatMap((line, index) => {
    const content = line.trim();
    const place = `line ${index + 1} of ${name}`;
    if (content === "" || index === 0) return [];
    if (!content.startsWith("#")) return { place, tag: "", value: content };
    const match = /^#(EXT[A-Z0-9-]*)(?::(.*))?$/.exec(content);
    return match ? { place, tag: match[1]!, value: match[2] ?? "" } : [];
  });
}

/** The error for a line that is not what it should be. */
export function badLine(
  { place, tag, value }: PlaylistLine,
  expected: string,
): MoqError {
  const whole = tag === "" ? value : `#${tag}:${value}`;
  const got = JSON.stringify(whole.slice(0, SHOWN_CHARACTERS));
  return new MoqError(
    "decode",
    `Expected ${place} to be ${expected}, got ${got}`,
  );
}

/** A decimal number from 0 that stands at the beginning of the line's value. */
export function numberOf(line: PlaylistLine): number {
  const value = Number(/^\d+(?:\.\d+)?/.exec(line.value)?.[0]);
  if (Number.isFinite(value) && value <= Number.MAX_SAFE_INTEGER) return value;
  throw badLine(line, `${line.tag} with a number`);
}

/** The attributes of a line, quotes removed. RFC 8216, section 4.2. */
export function attributesOf(line: PlaylistLine): Map<string, string> {
  const attributes = new Map<string, string>();
  const pattern = /([A-Z0-9-]+)=("[^"]*"|[^",]*)(?:,|$)/y;
  const text = line.value.trim();
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (!match) throw badLine(line, `${line.tag} with NAME=VALUE,…`);
    attributes.set(match[1]!, match[2]!.replace(/^"(.*)"$/, "$1"));
  }
  return attributes;
}

/** A part of a file. */
export interface ByteRange {
  /** Of its first byte. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

/** `length@offset`, the offset being that of the byte after the range before when it is left out. RFC 8216, section 4.3.2.2. */
export function byteRangeOf(
  line: PlaylistLine,
  { text, next }: { readonly text: string; readonly next: number | undefined },
): ByteRange {
  const match = /^(\d{1,15})(?:@(\d{1,15}))?$/.exec(text);
  const offset = match?.[2] === undefined ? next : Number(match[2]);
  if (match && offset !== undefined) {
    return { offset, length: Number(match[1]) };
  }
  throw badLine(line, `${line.tag} with LENGTH@OFFSET`);
}
