/**
 * Opening an HLS presentation as media to publish: a rendition for each variant
 * and each alternative of its sound.
 *
 * @module
 */
import { type Clock, type Logger, MoqError, systemClock } from "@moq-deno/lite";
import { linked, type LinkedController, SILENT } from "@moq-deno/lite/internal";
import type { Media, MediaTrack } from "../media/media.ts";
import { filesNamedIn, type HlsFiles, WEB_FILES } from "./files.ts";
import { HlsTime } from "./hls_time.ts";
import { loadPlaylist, PlaylistFollower } from "./playlist_follower.ts";
import { PlaylistTracks } from "./playlist_tracks.ts";
import type { ReadMediaPlaylist } from "./read_playlist.ts";
import { SegmentReader } from "./segment_reader.ts";

const MAX_PLAYLISTS = 16;

/** Options of {@linkcode openHls}. */
export interface OpenHlsOptions {
  /** Reads playlists and segments. Default over HTTP. */
  readonly files?: HlsFiles | undefined;
  /** Waits between reloads. Default the system's. */
  readonly clock?: Clock | undefined;
  /** Hears of segments that were left out or missed. */
  readonly log?: Logger | undefined;
  /** Ends the wait for the first segments by throwing its reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens the playlist at `url`; the caller closes it. A live one begins three target durations before its end. Throws
 * `MoqError` that names the playlist and its line, or the segment, when it cannot be read; what cannot be read later is
 * left out and told to the log.
 */
export async function openHls(
  url: string,
  options: OpenHlsOptions = {},
): Promise<Media> {
  const media = new HlsMedia(options);
  try {
    await media.open(url);
    return media;
  } catch (error) {
    media.close();
    options.signal?.throwIfAborted();
    throw error;
  }
}

class HlsMedia implements Media {
  readonly format = "HLS";
  readonly isRewindable = false;
  readonly tracks: MediaTrack[] = [];
  readonly skipped: string[] = [];
  startUs = 0;
  readonly #files: HlsFiles;
  #url = "";
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #end: LinkedController;
  readonly #time = new HlsTime();

  constructor({ files, clock, log, signal }: OpenHlsOptions) {
    this.#files = files ?? WEB_FILES;
    this.#clock = clock ?? systemClock;
    this.#log = log ?? SILENT;
    this.#end = linked(signal);
  }

  async open(url: string): Promise<void> {
    this.#url = url;
    const { signal } = this.#end;
    const playlist = await loadPlaylist(url, { files: this.#files, signal });
    const starts: number[] = [];
    if (playlist.kind === "media") {
      starts.push(await this.#add(url, playlist));
    } else {
      for (const one of playlist.skipped) this.skipped.push(one);
      const urls = playlist.playlists.slice(0, MAX_PLAYLISTS);
      for (const one of urls) {
        const startUs = await this.#attempt(one);
        if (startUs !== undefined) starts.push(startUs);
      }
    }
    if (this.tracks.length === 0) {
      throw new MoqError(
        "unsupported",
        `Expected a playlist with segments that can be read at ${url}, got none: ${
          this.skipped.join("; ")
        }`,
      );
    }
    this.startUs = Math.min(...starts);
  }

  close(): void {
    this.#end.abort(new MoqError("closed", "HLS was closed"));
    this.#end.release();
  }

  /** A variant that cannot be read costs only itself. */
  async #attempt(url: string): Promise<number | undefined> {
    try {
      return await this.#add(url, undefined);
    } catch (error) {
      this.#end.signal.throwIfAborted();
      if (!(error instanceof MoqError)) throw error;
      this.skipped.push(error.message);
      return undefined;
    }
  }

  async #add(
    url: string,
    first: ReadMediaPlaylist | undefined,
  ): Promise<number> {
    // A variant is named by the multivariant playlist, segments by their media playlist.
    const files = first ? this.#files : filesNamedIn(this.#url, this.#files);
    const follower = new PlaylistFollower(url, {
      files,
      clock: this.#clock,
      log: this.#log,
      first,
    });
    const playlist = new PlaylistTracks({
      follower,
      reader: new SegmentReader(filesNamedIn(url, this.#files)),
      time: this.#time,
      log: this.#log,
      signal: this.#end.signal,
    });
    const opened = await playlist.open();
    const { startUs, skipped } = playlist;
    this.skipped.push(...skipped.map((reason) => `${url}: ${reason}`));
    const isMixed = opened.some(({ track }) => track.kind === "video");
    for (const { track, leaveOut } of opened) {
      // Sound that is mixed into each variant is the same in all of them.
      if (isMixed && this.#hasSound(track)) leaveOut();
      else this.tracks.push(track);
    }
    return startUs;
  }

  #hasSound({ kind: wanted, config }: MediaTrack): boolean {
    if (wanted === "video") return false;
    return this.tracks.some((
      { kind, config: { codec, description, bitrate } },
    ) =>
      kind === "audio" && codec === config.codec &&
      description === config.description && bitrate === config.bitrate
    );
  }
}
