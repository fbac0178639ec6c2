/**
 * A publisher: one picture and one sound as a broadcast of a relay, in as many
 * encodings as are asked for, across reconnects and changes of the source.
 *
 * @module
 */
import { BroadcastProducer, type Logger, type MoqError } from "@moq-deno/lite";
import { SILENT } from "@moq-deno/lite/internal";
import { type Catalog, TRACK_PRIORITY } from "../catalog/catalog.ts";
import { FrameMarksProducer } from "../catalog/frame_marks.ts";
import { CatalogProducer } from "../catalog/producer.ts";
import { effect, type ReadonlySignal, Signal } from "../signals/signal.ts";
import type { SharedConnection } from "../connection/relay_connection.ts";
import { AudioFeed } from "./audio_feed.ts";
import { AudioRendition } from "./audio_rendition.ts";
import { composeCatalog } from "./compose_catalog.ts";
import type { PublishMarks } from "./marks.ts";
import { Presence, type PresenceMedia } from "./presence.ts";
import { PublishClock } from "./publish_clock.ts";
import { type PublisherState, publisherStateOf } from "./publisher_state.ts";
import { PublisherMonitor } from "./publisher_monitor.ts";
import type { PublisherStats } from "./publisher_stats.ts";
import { type RenditionSpec, SIMULCAST } from "./rendition_plan.ts";
import { isScreen, VideoFeed } from "./video_feed.ts";
import { VideoRendition } from "./video_rendition.ts";

const AUDIO_TRACK = "audio/data";
const MICROSECONDS = 1_000_000;
const MEDIA_MAX_AGE_MS = 30_000;

/** Options of {@linkcode Publisher}. */
export interface PublisherOptions {
  /** A share in a connection that publishes, which the publisher releases. */
  readonly shared: SharedConnection;
  /** Path of the broadcast. */
  readonly name: string;
  /** The picture, of whatever source; it stays the caller's. Default none. */
  readonly video?: ReadonlySignal<MediaStreamTrack | undefined> | undefined;
  /** The sound, of whatever source; it stays the caller's. Default none. */
  readonly audio?: ReadonlySignal<MediaStreamTrack | undefined> | undefined;
  /** Announces the broadcast at once, or when there is something to see or hear. Default `"media"`. */
  readonly announce?: "media" | "always" | undefined;
  /** Encodings of the picture. Default {@linkcode SIMULCAST}. */
  readonly renditions?: readonly RenditionSpec[] | undefined;
  /** Where messages go. Default nowhere. */
  readonly log?: Logger | undefined;
  /** Takes the time of every picture and piece of sound. */
  readonly marks?: PublishMarks | undefined;
}

/** Publishes until it is closed. What is a `Signal` here may be set at any time. */
export class Publisher {
  /** Path of the broadcast. */
  readonly name: string;
  /** The broadcast, for your own tracks; list them in {@linkcode Publisher.sections}. */
  readonly broadcast: BroadcastProducer = new BroadcastProducer();
  /** More sections of the catalog. */
  readonly sections: Signal<Catalog> = new Signal<Catalog>({});
  /** Encodings of the picture, by different names; the first one always, others where the picture is large enough. */
  readonly renditions: Signal<readonly RenditionSpec[]>;
  /** The person, for rooms. */
  readonly presence: Presence;
  readonly #options: PublisherOptions;
  readonly #log: Logger;
  readonly #clock = new PublishClock();
  readonly #catalog: CatalogProducer;
  readonly #told: FrameMarksProducer;
  readonly #marks: PublishMarks;
  readonly #video: Map<string, VideoRendition> = new Map();
  readonly #audio: AudioRendition;
  readonly #offered = new Signal<readonly VideoRendition[]>([]);
  readonly #audioFeed = new Signal<AudioFeed | undefined>(undefined);
  readonly #failure = new Signal<MoqError | undefined>(undefined);
  readonly #hasHadMedia = new Signal(false);
  readonly #media = new Signal<PresenceMedia>({
    audio: false,
    video: false,
    screen: false,
    speaking: false,
  });
  readonly #monitor: PublisherMonitor;
  readonly #stops: readonly (() => void)[];
  #isClosed = false;
  #published = "";

  /** Begins at once. */
  constructor(options: PublisherOptions) {
    this.name = options.name;
    this.renditions = new Signal(options.renditions ?? SIMULCAST);
    this.#options = options;
    this.#log = options.log ?? SILENT;
    this.#catalog = new CatalogProducer(this.broadcast);
    this.#told = new FrameMarksProducer(this.broadcast, {
      clock: this.#clock.config,
    });
    this.#marks = {
      mark: (stage, mark) => {
        this.#told.mark(stage, mark);
        options.marks?.mark(stage, mark);
      },
    };
    this.#audio = new AudioRendition(this.#renditionOptions("audio"));
    this.presence = new Presence(this.broadcast, this.#media);
    this.#monitor = new PublisherMonitor({
      shared: options.shared,
      video: this.#offered,
      audio: this.#audio,
      timings: this.#told,
    });
    this.#stops = [
      effect(() => this.#feedVideo()),
      effect(() => this.#feedAudio()),
      effect(() => this.#describeMedia()),
      effect(() => this.#describe()),
      effect(() => this.#announce()),
    ];
  }

  /** How it is doing, for people; watched when it is read in an effect. */
  state(): PublisherState {
    return publisherStateOf({
      connection: this.#options.shared.status.get(),
      isAnnounced: this.#isAnnounced(),
      isWatched: this.isWatched(),
      failure: this.#failure.get(),
    });
  }

  /** Whether the picture or the sound has a subscriber; watched when it is read in an effect. */
  isWatched(): boolean {
    const all = [this.#audio, ...this.#offered.get()];
    // All of them are read, so that all are watched.
    return all.filter(({ isWanted }) => isWanted.get()).length > 0;
  }

  /** How loud the sound is, 0 to 1; watched when it is read in an effect. */
  level(): number {
    return this.#audioFeed.get()?.level.get() ?? 0;
  }

  /** Whether there seems to be speech; watched when it is read in an effect. */
  isSpeaking(): boolean {
    return this.#audioFeed.get()?.isSpeaking.get() ?? false;
  }

  /** Whether the browser gives no sound until the user touches the page; watched when it is read in an effect. */
  soundBlocked(): boolean {
    const feed = this.#audioFeed.get();
    return feed !== undefined && !feed.hasBegun.get();
  }

  /** The catalog as it was published last. */
  get catalog(): Catalog | undefined {
    return this.#catalog.current;
  }

  /** The current numbers. */
  stats(): PublisherStats {
    return this.#monitor.stats();
  }

  /** Ends the broadcast; the source stays as it is. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
    this.#monitor.close();
    this.presence.close();
    for (const rendition of this.#video.values()) rendition.close();
    this.#audio.close();
    this.#told.close();
    this.#catalog.close();
    this.broadcast.close();
    this.#options.shared.release();
  }

  #renditionOptions(kind: "video" | "audio", name: string = AUDIO_TRACK) {
    return {
      track: this.broadcast.createTrack(name, {
        priority: TRACK_PRIORITY[kind],
        timescale: MICROSECONDS,
        maxAgeMs: MEDIA_MAX_AGE_MS,
      }),
      clock: this.#clock,
      log: this.#log,
      marks: this.#marks,
    };
  }

  #rendition(name: string): VideoRendition {
    const present = this.#video.get(name);
    if (present) return present;
    const made = new VideoRendition(this.#renditionOptions("video", name));
    this.#video.set(name, made);
    return made;
  }

  #feedVideo(): (() => void) | void {
    const track = this.#options.video?.get();
    const specs = this.renditions.get();
    // Tracks stay when the source changes, so that viewers go on.
    const renditions = specs.map(({ name }) => this.#rendition(name));
    this.#withdraw(track ? renditions : []);
    if (!track) return;
    const feed = new VideoFeed({
      track,
      specs,
      renditions,
      clock: this.#clock,
      marks: this.#marks,
      counters: this.#monitor.counters,
    });
    this.#offered.set(renditions);
    return this.#follow(feed);
  }

  /** Takes all renditions of the picture but these out of the catalog. */
  #withdraw(except: readonly VideoRendition[]): void {
    for (const rendition of this.#video.values()) {
      if (!except.includes(rendition)) rendition.withdraw();
    }
  }

  #feedAudio(): (() => void) | void {
    const track = this.#options.audio?.get();
    if (!track) return this.#audio.withdraw();
    const feed = new AudioFeed(track, this.#audio);
    this.#audioFeed.set(feed);
    const end = this.#follow(feed);
    return () => {
      end();
      this.#audioFeed.set(undefined);
    };
  }

  /** The failure of a feed is the publisher's until the function returned ends the feed. */
  #follow(feed: VideoFeed | AudioFeed): () => void {
    feed.closed.then((error) => {
      if (!error) return;
      this.#log.error?.("cannot publish", { error: error.message });
      this.#failure.set(error);
    });
    return () => {
      feed.close();
      this.#failure.set(undefined);
    };
  }

  #describeMedia(): void {
    const track = this.#options.video?.get();
    this.#media.set({
      audio: this.#audio.config.get() !== undefined,
      video: track !== undefined,
      screen: isScreen(track),
      speaking: this.isSpeaking(),
    });
  }

  #describe(): void {
    const video = this.#offered.get().flatMap(({ name, config }) => {
      const now = config.get();
      return now ? [[name, now] as const] : [];
    });
    const audio = this.#audio.config.get();
    if (video.length > 0 || audio) this.#hasHadMedia.set(true);
    const catalog = composeCatalog({
      sections: this.sections.get(),
      presence: this.presence.sections(),
      clock: this.#clock.config,
      video,
      audio: audio && [AUDIO_TRACK, audio],
    });
    const json = JSON.stringify(catalog);
    if (json === this.#published) return;
    this.#published = json;
    this.#catalog.update(catalog);
  }

  #isAnnounced(): boolean {
    return this.#options.announce === "always" || this.#hasHadMedia.get();
  }

  #announce(): (() => void) | void {
    if (!this.#isAnnounced()) return;
    const { local } = this.#options.shared.connection;
    const publication = local.publish(this.name, this.broadcast);
    return () => publication.close();
  }
}
