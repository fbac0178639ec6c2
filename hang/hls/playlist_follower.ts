/**
 * The segments of a media playlist in order, reloaded for as long as it is live.
 * RFC 8216, sections 6.3.3 and 6.3.4.
 *
 * @module
 */
import { type Clock, type Logger, MoqError, sleep } from "@moq-deno/lite";
import { messageOf } from "@moq-deno/lite/internal";
import type { HlsFiles } from "./files.ts";
import {
  type ReadMediaPlaylist,
  readPlaylist,
  type ReadSegment,
} from "./read_playlist.ts";

/** Most bytes of a playlist. */
const MAX_PLAYLIST_BYTES = 8 << 20;

// A live playlist is joined so many target durations before its end.
const START_TARGETS = 3;
const MAX_FAILURES = 6;
// Whatever it says of its segments, a playlist that is live is looked at so often.
const MAX_WAIT_MS = 60_000;
// A server that restarted has lower numbers; one answer may come from an old cache.
const MAX_BACKWARDS = 2;

/** Options of {@linkcode PlaylistFollower}. */
interface PlaylistFollowerOptions {
  /** Reads it. */
  readonly files: HlsFiles;
  /** Waits between reloads. */
  readonly clock: Clock;
  /** Hears of what was missed. */
  readonly log: Logger;
  /** The playlist, when it has been read already. */
  readonly first?: ReadMediaPlaylist | undefined;
}

/** A segment, and whether there is more time between it and the one before than its timestamps say. */
export interface FollowedSegment extends ReadSegment {
  /** Whether segments before it were missed, or the server restarted. */
  readonly isJump: boolean;
}

/** Reads one media playlist again and again. */
export class PlaylistFollower {
  readonly #url: string;
  readonly #options: PlaylistFollowerOptions;
  #first: ReadMediaPlaylist | undefined;
  #next: number | undefined;
  #backwards = 0;
  #failures = 0;

  /** Of the playlist at `url`. */
  constructor(url: string, options: PlaylistFollowerOptions) {
    this.#url = url;
    this.#options = options;
    this.#first = options.first;
  }

  /** The segments until the playlist ends; throws when it cannot be read any more, and `signal.reason`. */
  async *segments(
    signal: AbortSignal,
  ): AsyncGenerator<FollowedSegment, void> {
    for (;;) {
      const playlist = await this.#load(signal);
      const fresh = playlist ? this.#freshOf(playlist) : [];
      for (const [index, segment] of fresh.entries()) {
        const isJump = index === 0 && this.#next !== undefined &&
          segment.sequence !== this.#next;
        if (isJump) this.#tellJump(segment.sequence);
        this.#next = segment.sequence + 1;
        yield { ...segment, isJump };
      }
      if (playlist?.hasEnded) return;
      const targetMs = (playlist?.targetSeconds ?? 2) * 1000;
      const waitMs = fresh.length > 0 ? targetMs : targetMs / 2;
      await sleep(
        this.#options.clock,
        Math.min(waitMs, MAX_WAIT_MS),
        signal,
      );
    }
  }

  /** The playlist as it is now, `undefined` when it could not be read this time. */
  async #load(signal: AbortSignal): Promise<ReadMediaPlaylist | undefined> {
    const first = this.#first;
    this.#first = undefined;
    if (first) return first;
    try {
      const playlist = await loadPlaylist(this.#url, {
        files: this.#options.files,
        signal,
      });
      if (playlist.kind === "media") {
        this.#failures = 0;
        return playlist;
      }
      throw new MoqError(
        "decode",
        `Expected a media playlist at ${this.#url}, got a multivariant one`,
      );
    } catch (error) {
      signal.throwIfAborted();
      if (++this.#failures === MAX_FAILURES) throw error;
      this.#options.log.warn?.("playlist not read, tried again", {
        name: this.#url,
        error: messageOf(error),
      });
      return undefined;
    }
  }

  #freshOf(playlist: ReadMediaPlaylist): readonly ReadSegment[] {
    const { segments } = playlist;
    const newest = segments.at(-1)?.sequence ?? -1;
    if (this.#next === undefined) return startOf(playlist);
    if (newest + 1 < this.#next) {
      if (++this.#backwards < MAX_BACKWARDS) return [];
      this.#backwards = 0;
      return startOf(playlist);
    }
    this.#backwards = 0;
    return segments.filter(({ sequence }) => sequence >= this.#next!);
  }

  #tellJump(sequence: number): void {
    this.#options.log.warn?.("segments missed", {
      name: this.#url,
      error:
        `Expected segment ${this.#next}, the playlist goes on with ${sequence}`,
    });
  }
}

/** All of a playlist that has ended, the newest part of one that is live. */
function startOf(
  { segments, hasEnded, targetSeconds }: ReadMediaPlaylist,
): readonly ReadSegment[] {
  if (hasEnded) return segments;
  const wantedUs = START_TARGETS * targetSeconds * 1_000_000;
  let us = 0;
  for (let at = segments.length - 1; at >= 0; at--) {
    us += segments[at]!.durationUs;
    if (us >= wantedUs) return segments.slice(at);
  }
  return segments;
}

/** Reads the playlist at `url`; throws `MoqError` that names it. */
export async function loadPlaylist(
  url: string,
  { files, signal }: {
    readonly files: HlsFiles;
    readonly signal: AbortSignal | undefined;
  },
): Promise<ReturnType<typeof readPlaylist>> {
  const options = { maxBytes: MAX_PLAYLIST_BYTES, signal };
  const file = await files.read(url, options);
  return readPlaylist(new TextDecoder().decode(file.bytes), file.url);
}
