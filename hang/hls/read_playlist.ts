/**
 * Reading playlists. RFC 8216, section 4.3.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import {
  attributesOf,
  badLine,
  type ByteRange,
  byteRangeOf,
  linesOf,
  numberOf,
  type PlaylistLine,
} from "./playlist_lines.ts";

/** Something to fetch. */
export interface MediaPart {
  /** Absolute. */
  readonly url: string;
  /** A part of it, when that is all that is wanted. */
  readonly range?: ByteRange | undefined;
}

/** A segment as a media playlist names it. */
export interface ReadSegment extends MediaPart {
  /** Its number. */
  readonly sequence: number;
  /** Changes where time or encoding do not go on. */
  readonly discontinuity: number;
  /** In microseconds. */
  readonly durationUs: number;
  /** The init segment that it needs. */
  readonly map?: MediaPart | undefined;
  /** Why it cannot be read, if so. */
  readonly problem?: string | undefined;
}

/** A media playlist. */
export interface ReadMediaPlaylist {
  /** Discriminator. */
  readonly kind: "media";
  /** Longest segment, in seconds. */
  readonly targetSeconds: number;
  /** Whether no more segments will come. */
  readonly hasEnded: boolean;
  /** Oldest first. */
  readonly segments: readonly ReadSegment[];
}

/** A multivariant playlist. */
interface ReadMultivariant {
  /** Discriminator. */
  readonly kind: "multivariant";
  /** Media playlists of the variants, and of the sound that goes with them. */
  readonly playlists: readonly string[];
  /** One sentence for each rendition that is left out. */
  readonly skipped: readonly string[];
}

/** Reads a playlist that was found at `url`; throws `MoqError("decode")` that names the line. */
export function readPlaylist(
  text: string,
  url: string,
): ReadMediaPlaylist | ReadMultivariant {
  const lines = linesOf(text, url);
  const isMultivariant = lines.some(({ tag }) => tag === "EXT-X-STREAM-INF");
  return isMultivariant
    ? readMultivariant(lines, url)
    : new MediaPlaylistReader(url).read(lines);
}

function readMultivariant(
  lines: readonly PlaylistLine[],
  url: string,
): ReadMultivariant {
  const variants = new Set<string>();
  const sound = new Set<string>();
  const skipped: string[] = [];
  let isVariant = false;
  for (const line of lines) {
    if (line.tag === "EXT-X-STREAM-INF") isVariant = true;
    else if (line.tag === "EXT-X-MEDIA") {
      const attributes = attributesOf(line);
      const uri = attributes.get("URI");
      const type = attributes.get("TYPE");
      if (type === "AUDIO" && uri !== undefined) {
        sound.add(absolute(line, { uri, url }));
      } else if (type !== "AUDIO") {
        const name = attributes.get("NAME") ?? "";
        skipped.push(`${type} ${JSON.stringify(name)} is not read from HLS`);
      }
    } else if (line.tag === "" && isVariant) {
      variants.add(absolute(line, { uri: line.value, url }));
      isVariant = false;
    }
  }
  const playlists = [...variants, ...sound.difference(variants)];
  return { kind: "multivariant", playlists, skipped };
}

function absolute(
  line: PlaylistLine,
  { uri, url }: { readonly uri: string; readonly url: string },
): string {
  const whole = URL.parse(uri, url);
  if (!whole) throw badLine(line, "a URI");
  const isNetwork = (one: string) => /^https?:/.test(one);
  // A playlist from the network has no business in the files of this machine.
  if (
    isNetwork(whole.href) || (!isNetwork(url) && whole.protocol === "file:")
  ) {
    return whole.href;
  }
  throw badLine(line, "a URI with http: or https:");
}

class MediaPlaylistReader {
  readonly #url: string;
  readonly #segments: ReadSegment[] = [];
  #targetSeconds: number | undefined;
  #hasEnded = false;
  #sequence = 0;
  #discontinuity = 0;
  #durationUs: number | undefined;
  #map: MediaPart | undefined;
  #range: ByteRange | undefined;
  #nextOffset: number | undefined;
  #problem: string | undefined;
  #isGap = false;

  constructor(url: string) {
    this.#url = url;
  }

  read(lines: readonly PlaylistLine[]): ReadMediaPlaylist {
    for (const line of lines) this.#readLine(line);
    if (this.#targetSeconds === undefined) {
      throw new MoqError(
        "decode",
        `Expected EXT-X-TARGETDURATION in ${this.#url}, got none`,
      );
    }
    return {
      kind: "media",
      targetSeconds: this.#targetSeconds,
      hasEnded: this.#hasEnded,
      segments: this.#segments,
    };
  }

  #readLine(line: PlaylistLine): void {
    switch (line.tag) {
      case "":
        return this.#addSegment(line);
      case "EXTINF":
        this.#durationUs = Math.round(numberOf(line) * 1_000_000);
        return;
      case "EXT-X-TARGETDURATION":
        this.#targetSeconds = Math.max(1, numberOf(line));
        return;
      case "EXT-X-MEDIA-SEQUENCE":
        this.#sequence = Math.floor(numberOf(line));
        return;
      case "EXT-X-DISCONTINUITY-SEQUENCE":
        this.#discontinuity = Math.floor(numberOf(line));
        return;
      case "EXT-X-DISCONTINUITY":
        this.#discontinuity++;
        return;
      case "EXT-X-GAP":
        this.#isGap = true;
        return;
      case "EXT-X-BYTERANGE":
        this.#range = byteRangeOf(line, {
          text: line.value,
          next: this.#nextOffset,
        });
        return;
      case "EXT-X-KEY":
        return this.#readKey(line);
      case "EXT-X-MAP":
        return this.#readMap(line);
      case "EXT-X-ENDLIST":
        this.#hasEnded = true;
    }
  }

  #readKey(line: PlaylistLine): void {
    const method = attributesOf(line).get("METHOD");
    this.#problem = method === "NONE"
      ? undefined
      : `Expected segments that are not encrypted, ${line.place} has METHOD=${method}`;
  }

  #readMap(line: PlaylistLine): void {
    const attributes = attributesOf(line);
    const uri = attributes.get("URI");
    if (uri === undefined) throw badLine(line, "EXT-X-MAP with URI");
    const text = attributes.get("BYTERANGE");
    this.#map = {
      url: absolute(line, { uri, url: this.#url }),
      range: text === undefined
        ? undefined
        : byteRangeOf(line, { text, next: 0 }),
    };
  }

  #addSegment(line: PlaylistLine): void {
    if (this.#durationUs === undefined) {
      throw badLine(line, "preceded by EXTINF");
    }
    this.#segments.push({
      url: absolute(line, { uri: line.value, url: this.#url }),
      range: this.#range,
      sequence: this.#sequence++,
      discontinuity: this.#discontinuity,
      durationUs: this.#durationUs,
      map: this.#map,
      problem: this.#isGap
        ? `Expected a segment, ${line.place} is a gap`
        : this.#problem,
    });
    const range = this.#range;
    this.#nextOffset = range && range.offset + range.length;
    this.#range = undefined;
    this.#durationUs = undefined;
    this.#isGap = false;
  }
}
