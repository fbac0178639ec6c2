/**
 * Publishing media in real time: a catalog and a track for each rendition.
 *
 * @module
 */
import {
  type BroadcastProducer,
  type Clock,
  type Logger,
  MoqError,
  sleep,
  systemClock,
} from "@moq-deno/lite";
import {
  asMoqError,
  linked,
  type LinkedController,
  messageOf,
  SILENT,
} from "@moq-deno/lite/internal";
import { type Catalog, TRACK_PRIORITY } from "../catalog/catalog.ts";
import { CatalogProducer } from "../catalog/producer.ts";
import type { CatalogForm } from "../catalog/write_2025.ts";
import { legacyContainer } from "../container/legacy.ts";
import { locContainer } from "../container/loc.ts";
import { TrackWriter } from "../container/track_writer.ts";
import { deflate } from "../deflate.ts";
import { catalogOf, nameTracks } from "./catalog_of.ts";
import type { Container } from "../container/sample.ts";
import type { Media, MediaTrack } from "./media.ts";
import { PacketMerge } from "./pace.ts";
import { TrackEnd } from "./track_end.ts";

const MICROSECONDS = 1_000_000;
const MEDIA_MAX_AGE_MS = 30_000;

// A process that was asleep for longer than this goes on from where it was instead of sending all at once what it missed.
const MAX_LAG_MS = 1000;

/** Options of {@linkcode publishMedia}. */
export interface PublishMediaOptions {
  /** Begins again at the end, with timestamps that go on. Default false; needs media that is rewindable. */
  readonly loop?: boolean | undefined;
  /** How packets are packed. Default legacy, which every peer reads. */
  readonly container?: "legacy" | "loc" | undefined;
  /** For viewers of which year the catalog is written. Default today's. */
  readonly form?: CatalogForm | undefined;
  /** Paces the packets. Default the system's. */
  readonly clock?: Clock | undefined;
  /** Ends the publication as `close()` does. */
  readonly signal?: AbortSignal | undefined;
  /** Hears of groups that were given up, and of tracks that failed or came late. */
  readonly log?: Logger | undefined;
}

/** What a publication has sent so far. */
export interface PublishStats {
  /** Groups begun. */
  readonly groups: number;
  /** Frames written. */
  readonly frames: number;
  /** Bytes of payload written. */
  readonly bytes: number;
  /** Times that the media came to its end. */
  readonly passes: number;
  /** Media time of the newest packet in microseconds. */
  readonly mediaUs: number;
}

/**
 * Publishes `media` in real time into `broadcast`, from now on; both stay the caller's to close. Throws `TypeError`
 * when a loop is asked of media that cannot be rewound.
 */
export function publishMedia(
  broadcast: BroadcastProducer,
  media: Media,
  options: PublishMediaOptions = {},
): MediaPublication {
  if (options.loop && !media.isRewindable) {
    throw new TypeError("Expected media that can be rewound, got a stream");
  }
  return new MediaPublication(broadcast, { ...options, media });
}

// A fragment is in its container already.
const UNTOUCHED: Pick<Container, "encode"> = { encode: ({ data }) => data };

function containerFor(
  { config }: MediaTrack,
  kind: "legacy" | "loc",
): Pick<Container, "encode"> {
  if (config.container) return UNTOUCHED;
  return kind === "legacy" ? legacyContainer : locContainer;
}

/** Media on its way out; made by {@linkcode publishMedia}. */
export class MediaPublication {
  /** Resolves when all is sent or the publication was closed, with an error when the media failed; never rejects. */
  readonly closed: Promise<MoqError | undefined>;
  readonly #media: Media;
  readonly #clock: Clock;
  readonly #loop: boolean;
  readonly #catalog: CatalogProducer;
  readonly #broadcast: BroadcastProducer;
  readonly #kind: "legacy" | "loc";
  readonly #log: Logger;
  readonly #tracks: MediaTrack[] = [];
  readonly #writers: TrackWriter[] = [];
  readonly #stop: LinkedController;
  #startMs: number;
  #offsetUs = 0;
  #mediaUs = 0;
  #passes = 0;

  /** Use {@linkcode publishMedia}. */
  constructor(
    broadcast: BroadcastProducer,
    options: PublishMediaOptions & { readonly media: Media },
  ) {
    this.#broadcast = broadcast;
    this.#kind = options.container ?? "legacy";
    this.#log = options.log ?? SILENT;
    this.#media = options.media;
    this.#clock = options.clock ?? systemClock;
    this.#loop = options.loop ?? false;
    this.#catalog = new CatalogProducer(broadcast, {
      compression: deflate,
      form: options.form,
    });
    this.#add(options.media.tracks);
    this.#startMs = this.#clock.now();
    this.#stop = linked(options.signal);
    this.closed = this.#run();
  }

  /** Clock time in milliseconds at which timestamp 0, or where the media begins instead, was due. */
  get startMs(): number {
    return this.#startMs;
  }

  /** The catalog that was published. */
  get catalog(): Catalog {
    return this.#catalog.current!;
  }

  /** Counted on the tracks as they are written. */
  get stats(): PublishStats {
    let [groups, frames, bytes] = [0, 0, 0];
    for (const writer of this.#writers) {
      groups += writer.groups;
      frames += writer.frames;
      bytes += writer.bytes;
    }
    const [passes, mediaUs] = [this.#passes, this.#mediaUs];
    return { groups, frames, bytes, passes, mediaUs };
  }

  /** Ends the tracks in good order after the packet that was sent last. Idempotent. */
  close(): void {
    this.#stop.abort(new MoqError("closed", "Publication was closed"));
  }

  /** Begins `tracks`, and says so in the catalog. */
  #add(tracks: readonly MediaTrack[]): void {
    this.#tracks.push(...tracks);
    const named = nameTracks(this.#tracks);
    for (const { name, track } of named.slice(this.#writers.length)) {
      this.#writers.push(
        new TrackWriter({
          track: this.#broadcast.createTrack(name, {
            priority: TRACK_PRIORITY[track.kind],
            timescale: MICROSECONDS,
            maxAgeMs: MEDIA_MAX_AGE_MS,
          }),
          container: containerFor(track, this.#kind),
          kind: track.kind,
          log: this.#log,
        }),
      );
    }
    this.#catalog.update(catalogOf(named, this.#kind));
  }

  async #run(): Promise<MoqError | undefined> {
    let error: MoqError | undefined;
    try {
      do {
        await this.#runPass(this.#stop.signal);
      } while (this.#loop);
    } catch (reason) {
      if (!this.#stop.signal.aborted) error = asMoqError(reason);
    } finally {
      this.#stop.release();
    }
    for (const writer of this.#writers) writer.close(error);
    this.#catalog.close(error);
    return error;
  }

  async #runPass(signal: AbortSignal): Promise<void> {
    const merge = new PacketMerge({
      signal,
      isLive: !this.#media.isRewindable,
      clock: this.#clock,
      log: this.#log,
    });
    for (const track of this.#tracks) merge.add(track);
    const late = this.#runLate(merge, signal);
    const ends = this.#tracks.map(() => new TrackEnd());
    for await (const { track, packet, dueUs } of merge.packets()) {
      await this.#waitUntil(this.#offsetUs + dueUs, signal);
      (ends[track] ??= new TrackEnd()).passed(packet);
      const timestampUs = this.#offsetUs + packet.timestampUs;
      this.#writers[track]!.write({ ...packet, timestampUs });
      this.#mediaUs = Math.max(this.#mediaUs, timestampUs);
    }
    await late;
    const lengthUs = Math.max(...ends.map((end) => end.us));
    if (lengthUs === 0) {
      throw new MoqError(
        "decode",
        `Expected ${this.#media.format} with packets, got none`,
      );
    }
    this.#offsetUs += lengthUs;
    this.#passes++;
    // The last packet lasts too: the track ends, or begins again, after it.
    await this.#waitUntil(this.#offsetUs, signal);
  }

  /** Adds the tracks that come while others are on their way. */
  async #runLate(merge: PacketMerge, signal: AbortSignal): Promise<void> {
    try {
      for await (const track of this.#media.late?.(signal) ?? []) {
        this.#add([track]);
        merge.add(track);
        this.#log.warn?.("track joined", {
          track: nameTracks(this.#tracks).at(-1)!.name,
          error: track.config.codec,
        });
      }
    } catch (error) {
      // What fails here fails for the tracks too, which say so.
      this.#log.debug?.("no more tracks", { error: messageOf(error) });
    }
  }

  async #waitUntil(us: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const sinceUs = us - (this.#media.startUs ?? 0);
    const waitMs = this.#startMs + sinceUs / 1000 - this.#clock.now();
    if (waitMs > 0) await sleep(this.#clock, waitMs, signal);
    else if (waitMs < -MAX_LAG_MS) this.#startMs -= waitMs;
  }
}
