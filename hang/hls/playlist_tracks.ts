/**
 * The tracks of one media playlist: segments are read when one of them has no
 * packets left.
 *
 * @module
 */
import { type Logger, MoqError } from "@moq-deno/lite";
import { asMoqError } from "@moq-deno/lite/internal";
import type { MediaPacket, MediaTrack } from "../media/media.ts";
import { type HlsTime, PlaylistTime } from "./hls_time.ts";
import type { FollowedSegment, PlaylistFollower } from "./playlist_follower.ts";
import type { SegmentMedia, SegmentReader } from "./segment_reader.ts";

// Of tracks that run far ahead of others; more is not meant to be played together.
const MAX_QUEUED_BYTES = 128 << 20;
// A playlist none of whose first segments can be read is given up.
const MAX_ATTEMPTS = 3;
// Other encodings are named once each, and not for ever.
const MAX_NAMED = 32;
// Codecs whose parameters come with the pictures, so that size and level may change, as advertisements do.
const IN_BAND = new Set(["avc3", "hev1"]);

/** Options of {@linkcode PlaylistTracks}. */
interface PlaylistTracksOptions {
  /** Where the segments are. */
  readonly follower: PlaylistFollower;
  /** Reads them. */
  readonly reader: SegmentReader;
  /** Of all playlists of the presentation. */
  readonly time: HlsTime;
  /** Hears of segments that were left out. */
  readonly log: Logger;
  /** Ends everything. */
  readonly signal: AbortSignal;
}

interface Lane {
  readonly track: MediaTrack;
  readonly encoding: string;
  readonly queue: MediaPacket[];
  isLeftOut: boolean;
}

/** A track that can be read. */
interface OpenedTrack {
  /** As media. */
  readonly track: MediaTrack;
  /** Drops it: it will not be read. */
  leaveOut(): void;
}

/** Made for each media playlist; nothing is read before {@linkcode PlaylistTracks.open}. */
export class PlaylistTracks {
  readonly #options: PlaylistTracksOptions;
  readonly #segments: AsyncGenerator<FollowedSegment, void>;
  readonly #time: PlaylistTime;
  readonly #lanes: Lane[] = [];
  readonly #named = new Set<string>();
  #reading: Promise<void> | undefined;
  #queuedBytes = 0;
  #hasEnded = false;
  #lastProblem: MoqError | undefined;

  /** Over what `options` has. */
  constructor(options: PlaylistTracksOptions) {
    this.#options = options;
    this.#segments = options.follower.segments(options.signal);
    this.#time = new PlaylistTime(options.time);
  }

  /** The earliest timestamp of the first segment, in microseconds. */
  get startUs(): number {
    const firsts = this.#lanes.map(({ queue }) => queue[0]?.timestampUs ?? 0);
    return Math.min(...firsts);
  }

  /** One sentence for each track of it that is left out. */
  skipped: readonly string[] = [];

  /** Reads the first segment that can be read; throws why none can. */
  async open(): Promise<readonly OpenedTrack[]> {
    for (let left = MAX_ATTEMPTS; left > 0 && !this.#hasEnded; left--) {
      await this.#readOne();
      if (this.#lanes.length > 0) break;
    }
    if (this.#lanes.length === 0) {
      throw this.#lastProblem ??
        new MoqError("decode", "Expected segments in the playlist, got none");
    }
    return this.#lanes.map((lane) => ({
      track: {
        ...lane.track,
        packets: (signal) => this.#packets(lane, signal),
      },
      leaveOut: () => {
        lane.isLeftOut = true;
        lane.queue.length = 0;
      },
    }));
  }

  async *#packets(
    lane: Lane,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<MediaPacket, void> {
    for (;;) {
      signal?.throwIfAborted();
      const packet = lane.queue.shift();
      if (packet) {
        this.#queuedBytes -= packet.data.byteLength;
        yield packet;
      } else if (this.#hasEnded) return;
      else await this.#readOne();
    }
  }

  /** Reads the next segment, once for all tracks that wait. */
  async #readOne(): Promise<void> {
    this.#reading ??= this.#readNext().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  async #readNext(): Promise<void> {
    const { reader, log, signal } = this.#options;
    const { value: segment, done } = await this.#segments.next();
    if (done) {
      this.#hasEnded = true;
      return;
    }
    try {
      this.#queue(segment, await reader.read(segment, signal));
    } catch (error) {
      signal.throwIfAborted();
      this.#lastProblem = asMoqError(error);
      if (this.#lastProblem.code === "too-large") throw error;
      const { url: name } = segment;
      log.warn?.("segment left out", {
        name,
        error: this.#lastProblem.message,
      });
    }
  }

  #queue(
    segment: FollowedSegment,
    { tracks, skipped }: SegmentMedia,
  ): void {
    const starts = tracks.flatMap(({ packets }) =>
      packets.map((one) => one.timestampUs)
    );
    if (starts.length === 0) {
      throw new MoqError("decode", `${segment.url}: Expected media, got none`);
    }
    const startUs = starts.reduce((least, one) => Math.min(least, one));
    const offsetUs = this.#time.offsetOf({ ...segment, startUs });
    if (this.#lanes.length === 0) {
      this.skipped = skipped;
      for (const { track } of tracks) {
        const encoding = encodingOf(track);
        this.#lanes.push({ track, encoding, queue: [], isLeftOut: false });
      }
    }
    const free = new Set(this.#lanes);
    for (const { track, packets } of tracks) {
      const lane = this.#laneFor(track, free);
      if (!lane) this.#tellOther(segment, track);
      else if (!lane.isLeftOut) this.#push(lane, { packets, offsetUs });
    }
    if (this.#queuedBytes > MAX_QUEUED_BYTES) {
      throw new MoqError(
        "too-large",
        `Expected picture and sound side by side, got ${MAX_QUEUED_BYTES} bytes of one while the other has none`,
      );
    }
  }

  #push(
    { queue }: Lane,
    { packets, offsetUs }: {
      readonly packets: readonly MediaPacket[];
      readonly offsetUs: number;
    },
  ): void {
    for (const packet of packets) {
      const timestampUs = Math.max(0, packet.timestampUs + offsetUs);
      queue.push({ ...packet, timestampUs });
      this.#queuedBytes += packet.data.byteLength;
    }
  }

  /** The lane of a segment's track, which is taken from `free`. */
  #laneFor(track: MediaTrack, free: Set<Lane>): Lane | undefined {
    const encoding = encodingOf(track);
    for (const lane of free) {
      if (lane.track.kind !== track.kind || lane.encoding !== encoding) {
        continue;
      }
      free.delete(lane);
      return lane;
    }
    return undefined;
  }

  /** A track that does not go on in any lane: a catalog cannot say that an encoding changes in the middle. */
  #tellOther({ url: name }: FollowedSegment, track: MediaTrack): void {
    const encoding = encodingOf(track);
    const own = this.#lanes.filter((lane) => lane.track.kind === track.kind)
      .map((lane) => lane.encoding).join(", ");
    const error = `Expected the encoding to stay ${
      own === "" ? `without ${track.kind}` : own
    }, got ${encoding}`;
    if (this.#named.has(error) || this.#named.size >= MAX_NAMED) return;
    this.#named.add(error);
    this.#options.log.warn?.("track left out", { name, error });
  }
}

/** What a decoder must be told ahead: of video that has its parameters in band, which kind alone. */
function encodingOf(
  { config: { codec, description = "" } }: MediaTrack,
): string {
  if (description !== "") return `${codec} (${description})`;
  const [family = codec] = codec.split(".");
  return IN_BAND.has(family) ? family : codec;
}
