/**
 * A player: one broadcast of a relay on a canvas and the loudspeaker, for as
 * long as it is wanted, across reconnects, pauses and new catalogs.
 *
 * @module
 */
import type { Logger, MoqError } from "@moq-deno/lite";
import { SILENT } from "@moq-deno/lite/internal";
import type { Catalog, Size, VideoSection } from "../catalog/catalog.ts";
import { holding } from "../signals/lasting.ts";
import { effect, type ReadonlySignal, Signal } from "../signals/signal.ts";
import { Captions, type CaptionTrack, captionTracks } from "./captions.ts";
import { FollowedBroadcast, type PlayedFormat } from "./followed_broadcast.ts";
import type { LaneOptions } from "./lane.ts";
import { type Latency, latencyRange, laterRange } from "./clock/latency.ts";
import { Measurer } from "./quality/measures.ts";
import { PlayableMedia } from "./playable_media.ts";
import { type PlayerState, stateOf } from "./player_state.ts";
import { PlayerMonitor } from "./player_monitor.ts";
import type { PlayerStats } from "./player_stats.ts";
import type { SharedConnection } from "../connection/relay_connection.ts";
import { RenditionPicker } from "./quality/rendition_picker.ts";
import type { VideoChoice } from "./quality/select.ts";
import { Speaker } from "./audio/speaker.ts";
import { PlayoutClock } from "./clock/playout_clock.ts";
import { Renderer } from "./video/renderer.ts";
import { VideoLane, type VideoWish } from "./video/video_lane.ts";
import { type VideoFailure, VideoPlayback } from "./video/video_playback.ts";
import type { FrameLatency } from "./clock/frame_latency.ts";
import { type ViewerMark, ViewerTimings } from "./clock/viewer_timings.ts";

const LOOK_MS = 250;
const MEASURE_MS = 500;
// Longer than a round trip to the other side of the world and through a few relays.
const ANNOUNCEMENT_MS = 1000;

/** Options of {@linkcode Player}. */
export interface PlayerOptions {
  /** A share in a connection, which the player releases. */
  readonly shared: SharedConnection;
  /** Path of the broadcast. */
  readonly name: string;
  /** Where to draw; it takes the size of the picture. */
  readonly canvas: HTMLCanvasElement;
  /** How long media is held so that what comes late is still in time. Default real-time. */
  readonly latency?: Latency | undefined;
  /** Which catalog is read. Default MSF where the name ends in `.msf`, else hang. */
  readonly catalogFormat?: PlayedFormat | undefined;
  /** Where messages go. Default nowhere. */
  readonly log?: Logger | undefined;
}

/** A rendition that can be picked by hand. */
export type Rendition = Pick<VideoChoice, "name" | "config">;

/** Plays until it is closed. What is a `Signal` here may be set at any time. */
export class Player {
  /** Path of the broadcast. */
  readonly name: string;
  /** Stops the download and keeps the last picture. */
  readonly paused: Signal<boolean> = new Signal(false);
  /** Stops the download of the sound. */
  readonly muted: Signal<boolean> = new Signal(false);
  /** Loudness from 0 to 1. */
  readonly volume: Signal<number> = new Signal(1);
  /** Whether the picture is in sight; its download stops while not. */
  readonly visible: Signal<boolean> = new Signal(true);
  /** How long media is held. */
  readonly latency: Signal<Latency>;
  /** Track name of the rendition to play; `undefined` picks by size and by what network and machine keep up with. */
  readonly rendition: Signal<string | undefined> = new Signal(undefined);
  /** Track name of the captions to show; `undefined` shows none and downloads none. */
  readonly captions: Signal<string | undefined> = new Signal(undefined);
  /** Device pixels of the place where the picture is shown; no larger rendition than fills it is played. */
  readonly size: Signal<Size | undefined> = new Signal(undefined);
  /** Draws on while the page is hidden, for a window that stays in sight; see {@linkcode Player.visible}. */
  readonly drawsHidden: Signal<boolean> = new Signal(false);
  /** Whether the publisher is asked when it captured, encoded and sent each picture, for {@linkcode Player.latencies}. */
  readonly measuring: Signal<boolean>;
  /** The catalog of the broadcast, while there is one. */
  readonly catalog: ReadonlySignal<Catalog | undefined>;
  /** Track name of the rendition whose pictures are shown. */
  readonly shownRendition: ReadonlySignal<string | undefined>;
  readonly #shared: SharedConnection;
  readonly #log: Logger;
  readonly #sync: PlayoutClock;
  readonly #source: FollowedBroadcast;
  readonly #media: PlayableMedia;
  readonly #timings = new ViewerTimings();
  readonly #video: VideoPlayback<VideoWish, VideoFrame>;
  readonly #renderer: Renderer;
  readonly #picker: RenditionPicker;
  readonly #monitor: PlayerMonitor;
  readonly #caption = new Signal<Captions | undefined>(undefined);
  readonly #failure = new Signal<MoqError | undefined>(undefined);
  readonly #speaker = new Signal<Speaker | undefined>(undefined);
  // Track name of the rendition that the last look was for.
  readonly #picked = new Signal<string | undefined>(undefined);
  readonly #stops: readonly (() => void)[];
  #measurer = new Measurer();
  // Announcements follow a new session after a moment.
  readonly #isExpected = new Signal(true);
  // It ended while the relay was there.
  readonly #hasEnded = new Signal(false);
  #isClosed = false;

  /** Begins at once. */
  constructor(options: PlayerOptions) {
    const { name, shared, log = SILENT } = options;
    this.name = name;
    this.latency = new Signal(options.latency ?? "real-time");
    this.#shared = shared;
    this.#log = log;
    this.#picker = new RenditionPicker(log);
    this.#sync = new PlayoutClock(latencyRange(this.latency.peek()));
    const timings = this.#timings;
    const video = new VideoPlayback<VideoWish, VideoFrame>({
      open: (wish, takesOver) => new VideoLane({ ...wish, takesOver, timings }),
      failed: (failure) => this.#videoFailed(failure),
    });
    this.#video = video;
    this.shownRendition = video.rendition;
    this.#renderer = new Renderer(options.canvas, {
      source: video,
      timings,
      drawsHidden: this.drawsHidden,
    });
    const scope = shared.connection.remote.scope();
    const format = options.catalogFormat;
    this.#source = new FollowedBroadcast({ scope, name, format, log });
    this.#media = new PlayableMedia(this.#source.catalog, log);
    this.catalog = this.#source.catalog;
    this.#monitor = new PlayerMonitor({
      shared,
      sync: this.#sync,
      source: this.#source,
      media: this.#media,
      timings,
      speaker: this.#speaker,
      video,
      log,
    });
    this.measuring = this.#monitor.measuring;
    const look = setInterval(() => video.look(performance.now()), LOOK_MS);
    const measure = setInterval(() => this.#measure(), MEASURE_MS);
    this.#stops = [
      () => clearInterval(look),
      () => clearInterval(measure),
      effect(() => this.#expect()),
      effect(() => this.#noteEnd()),
      effect(() => this.#begin()),
      effect(() => this.#holdBack()),
      effect(() => this.#playVideo()),
      effect(() => this.#playAudio()),
      effect(() => this.#showCaptions()),
    ];
  }

  /** How it is doing, for people; watched when it is read in an effect. */
  state(): PlayerState {
    const hasVideo = this.#media.video().length > 0;
    const isWatched = this.visible.get();
    return stateOf({
      isSecure: globalThis.isSecureContext,
      hasDecoders: "VideoDecoder" in globalThis || "AudioDecoder" in globalThis,
      connection: this.#shared.status.get(),
      name: this.name,
      isAnnounced: this.#source.broadcast.get() !== undefined,
      hasEnded: this.#hasEnded.get(),
      isExpected: this.#isExpected.get(),
      codecs: this.#media.codecs(),
      hasCatalog: this.#media.isKnown(),
      hasChoice: this.#media.hasAny(),
      hasPicture: !hasVideo || this.#video.hasPicture.get(),
      isStill: this.#video.isStill.get() && isWatched,
      isPaused: this.paused.get(),
      failure: this.#failure.get(),
    });
  }

  /** Whether the browser keeps the sound silent until the user touches the page; watched when it is read in an effect. */
  soundBlocked(): boolean {
    return this.#speaker.get()?.isBlocked.get() ?? false;
  }

  /** The renditions of the video that can be played, smallest first; watched when it is read in an effect. */
  renditions(): readonly Rendition[] {
    return this.#media.video();
  }

  /** The captions that can be shown; watched when it is read in an effect. */
  captionTracks(): readonly CaptionTrack[] {
    const catalog = this.#source.catalog.get();
    return catalog ? captionTracks(catalog) : [];
  }

  /** The caption to show now, empty for none; watched when it is read in an effect. */
  captionText(): string {
    return this.#caption.get()?.text.get() ?? "";
  }

  /** The last audio node before the loudspeaker, while sound is played. */
  get audioNode(): AudioNode | undefined {
    return this.#speaker.peek()?.node;
  }

  /** When the pictures of the last ten seconds were received, decoded and shown, oldest first. */
  get marks(): readonly ViewerMark[] {
    return this.#timings.marks;
  }

  /** Where the time went for each picture of the last ten seconds, oldest first; nothing of the publisher's part unless it tells and {@linkcode Player.measuring} is on. */
  latencies(): readonly FrameLatency[] {
    return this.#monitor.latencies();
  }

  /** The current numbers. */
  stats(): PlayerStats {
    return this.#monitor.stats();
  }

  /** Ends everything; the last picture stays on the canvas. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
    this.#monitor.close();
    this.#video.stop();
    this.#renderer.close();
    this.#media.close();
    this.#source.close();
    this.#shared.release();
  }

  #videoFailed({ name, error, isCovered }: VideoFailure): void {
    if (!isCovered && error.code !== "decode") return this.#retry(error);
    this.#log.warn?.("rendition given up", { name, error: error.message });
    this.#media.exclude(name);
    if (this.#media.video().length > 0) return;
    this.#video.stop();
    this.#failure.set(error);
  }

  /** Waits for the announcement that a new session brings. */
  #expect(): (() => void) | void {
    const { state } = this.#shared.status.get();
    this.#isExpected.set(true);
    this.#hasEnded.set(false);
    if (state !== "connected") return;
    const over = () => this.#isExpected.set(false);
    const timer = setTimeout(over, ANNOUNCEMENT_MS);
    return () => clearTimeout(timer);
  }

  #noteEnd(): (() => void) | void {
    if (this.#source.broadcast.get() === undefined) return;
    this.#hasEnded.set(false);
    return () => this.#hasEnded.set(true);
  }

  /** Another publisher has begun, or the same one again. */
  #begin(): void {
    this.#source.beginnings.get();
    this.#sync.reset();
    this.#timings.clear();
    this.#media.includeAll();
    this.#failure.set(undefined);
  }

  #playVideo(): void {
    const wishes = { byHand: this.rendition.get(), size: this.size.get() };
    const choice = this.#picker.pick(this.#media.video(), wishes);
    this.#picked.get();
    const isWanted = !this.paused.get() && this.visible.get();
    if (!choice || !isWanted) return this.#video.stop();
    const { broadcast: relative } = choice.config;
    const broadcast = this.#source.related(relative);
    if (!broadcast) return this.#video.stop();
    const section: VideoSection = this.#source.catalog.peek()?.video ??
      { renditions: {} };
    this.#video.play({ ...this.#laneOptions(broadcast), choice, section });
  }

  #playAudio(): (() => void) | void {
    const choice = this.#media.audio.get();
    const isWanted = !this.paused.get() && !this.muted.get();
    // The loudspeaker's memory is made for the longest time.
    this.latency.get();
    if (!choice || !isWanted) return;
    const broadcast = this.#source.related(choice.config.broadcast);
    if (!broadcast) return;
    const { volume } = this;
    const options = this.#laneOptions(broadcast);
    const speaker = new Speaker({ ...options, choice, volume });
    speaker.closed.then((error) => error && this.#audioFailed(error));
    return holding(this.#speaker, speaker);
  }

  #showCaptions(): (() => void) | void {
    const name = this.captions.get();
    const track = this.captionTracks().find((one) => one.name === name);
    const isWanted = !this.paused.get() && this.visible.get();
    const broadcast = track && this.#source.related(track.broadcast);
    if (!track || !broadcast || !isWanted) return;
    const options = { ...this.#laneOptions(broadcast), track };
    return holding(this.#caption, new Captions(options));
  }

  #audioFailed(error: MoqError): void {
    if (error.code === "decode") this.#failure.set(error);
    else this.#retry(error);
  }

  /** Sets how long media is held; what a publisher holds back itself comes on top of what is fixed. */
  #holdBack(): void {
    const range = latencyRange(this.latency.get());
    const isMeasured = this.latency.get() === "real-time";
    this.#sync.latency = isMeasured
      ? range
      : laterRange(range, this.#media.jitterMs());
  }

  #laneOptions(broadcast: LaneOptions["broadcast"]): LaneOptions {
    const { counters } = this.#monitor;
    return { broadcast, sync: this.#sync, counters, log: this.#log };
  }

  #retry(error: MoqError): void {
    this.#log.warn?.("playback interrupted", { error: error.message });
    if (!this.#isClosed) this.#source.retry();
  }

  /** Lets the picker see how it goes, unless it goes as it does for another reason. */
  #measure(): void {
    const nowMs = performance.now();
    const stats = this.stats();
    const isSteady = this.#video.choice !== undefined &&
      !this.#video.isSwitching && this.#video.hasPicture.peek();
    if (!isSteady) {
      this.#picker.interrupted(nowMs);
      this.#measurer = new Measurer();
      return;
    }
    const measures = this.#measurer.measure({ ...stats, nowMs });
    const { maxMs: maxHoldMs } = this.#sync.latency;
    this.#picker.look(measures, { maxHoldMs, nowMs });
    this.#picked.set(this.#picker.picked?.name);
  }
}
