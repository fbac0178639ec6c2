/**
 * A player: one broadcast of a relay on a canvas and the loudspeaker, for as
 * long as it is wanted, across reconnects, pauses and new catalogs.
 *
 * @module
 */
import {
  asMoqError,
  type BroadcastConsumer,
  type Logger,
  MoqError,
  SILENT,
} from "@moq-deno/lite";
import type { Catalog, VideoSection } from "../catalog/catalog.ts";
import { consumeCatalog } from "../catalog/consumer.ts";
import { effect, type ReadonlySignal, Signal } from "../signals/signal.ts";
import { type LaneOptions, newCounters } from "./lane.ts";
import { type PlayerState, stateOf } from "./player_state.ts";
import { type PlayerStats, PlayerStatsMeter } from "./player_stats.ts";
import type { SharedConnection } from "./relay_connection.ts";
import { Renderer } from "./renderer.ts";
import {
  type AudioChoice,
  chooseAudio,
  chooseVideo,
  isSameChoice,
  type VideoChoice,
} from "./select.ts";
import { Speaker } from "./speaker.ts";
import { Sync } from "./sync.ts";
import { VideoLane } from "./video_lane.ts";

const DEFAULT_LATENCY_MS = 150;
const MAX_LATENCY_MS = 30_000;
const LOOK_MS = 250;
// Without a new picture for so long a viewer sees that it stands still.
const STILL_MS = 700;
const RETRY_MS = 1000;

/** Options of {@linkcode Player}. */
export interface PlayerOptions {
  /** A share in a connection, which the player releases. */
  readonly shared: SharedConnection;
  /** Path of the broadcast. */
  readonly name: string;
  /** Where to draw; it takes the size of the picture. */
  readonly canvas: HTMLCanvasElement;
  /** How long media is held so that what comes late is still in time, in milliseconds. Default 150. */
  readonly latencyMs?: number | undefined;
  /** Where messages go. Default nowhere. */
  readonly log?: Logger | undefined;
}

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
  /** Whether anybody can see the picture; its download stops while not. */
  readonly visible: Signal<boolean> = new Signal(true);
  /** How long media is held, in milliseconds. */
  readonly latencyMs: Signal<number>;
  readonly #shared: SharedConnection;
  readonly #log: Logger;
  readonly #renderer: Renderer;
  readonly #sync: Sync;
  readonly #counters = newCounters();
  readonly #meter: PlayerStatsMeter;
  readonly #broadcast = new Signal<BroadcastConsumer | undefined>(undefined);
  readonly #catalog = new Signal<Catalog | undefined>(undefined);
  readonly #video = new Signal<VideoChoice | undefined>(undefined);
  readonly #audio = new Signal<AudioChoice | undefined>(undefined);
  readonly #failure = new Signal<MoqError | undefined>(undefined);
  readonly #speaker = new Signal<Speaker | undefined>(undefined);
  readonly #hasPicture = new Signal(false);
  readonly #isStill = new Signal(false);
  readonly #attempt = new Signal(0);
  readonly #end = new AbortController();
  readonly #stops: (() => void)[];
  #lane: VideoLane | undefined;

  /** Begins at once. */
  constructor(options: PlayerOptions) {
    const latencyMs = options.latencyMs ?? DEFAULT_LATENCY_MS;
    this.name = options.name;
    this.latencyMs = new Signal(latencyMs);
    this.#shared = options.shared;
    this.#log = options.log ?? SILENT;
    this.#sync = new Sync({ latencyMs });
    this.#meter = new PlayerStatsMeter(this.#counters);
    const lane = () => this.#lane;
    this.#renderer = new Renderer(options.canvas, {
      get lane() {
        return lane();
      },
    });
    const look = setInterval(() => this.#look(), LOOK_MS);
    this.#stops = [
      () => clearInterval(look),
      effect(() => this.#followCatalog()),
      effect(() => this.#playVideo()),
      effect(() => this.#playAudio()),
    ];
    void this.#runAnnounced(this.#end.signal); // does not fail
  }

  /** How it is doing, for people; watched when it is read in an effect. */
  state(): PlayerState {
    const connection = this.#shared.status.get();
    return stateOf({
      connection,
      isAnnounced: this.#broadcast.get() !== undefined,
      hasCatalog: this.#catalog.get() !== undefined,
      hasChoice: this.#hasChoice(),
      hasPicture: this.#video.get() === undefined || this.#hasPicture.get(),
      isStill: this.#isStill.get() && this.visible.get(),
      isPaused: this.paused.get(),
      failure: this.#failure.get(),
    });
  }

  /** Whether the browser keeps the sound silent until the user touches the page; watched when it is read in an effect. */
  soundBlocked(): boolean {
    return this.#speaker.get()?.isBlocked.get() ?? false;
  }

  /** The catalog of the broadcast, while there is one. */
  get catalog(): ReadonlySignal<Catalog | undefined> {
    return this.#catalog;
  }

  /** The last audio node before the loudspeaker, while sound is played. */
  get audioNode(): AudioNode | undefined {
    return this.#speaker.peek()?.node;
  }

  /** Numbers as they are now. */
  stats(): PlayerStats {
    const { session } = this.#shared.connection;
    return this.#meter.read({
      session,
      sync: this.#sync,
      shownUs: this.#lane && this.#renderer.shownUs,
      video: this.#video.peek()?.config,
      audio: this.#audio.peek()?.config,
      missingSoundSeconds: this.#speaker.peek()?.missingSeconds ?? 0,
    });
  }

  /** Ends everything; the last picture stays on the canvas. Idempotent. */
  close(): void {
    if (this.#end.signal.aborted) return;
    this.#end.abort(new MoqError("closed", "Player was closed"));
    for (const stop of this.#stops) stop();
    this.#renderer.close();
    this.#shared.release();
  }

  /** Sound alone is no choice where there is a picture that cannot be decoded. */
  #hasChoice(): boolean {
    const renditions = this.#catalog.get()?.video?.renditions ?? {};
    const needsVideo = Object.keys(renditions).length > 0;
    return (needsVideo ? this.#video : this.#audio).get() !== undefined;
  }

  /** Follows the broadcast as it comes and goes, over as many sessions as it takes. */
  async #runAnnounced(signal: AbortSignal): Promise<void> {
    const scope = this.#shared.connection.remote.scope();
    for await (
      const { path, kind } of scope.announced(this.name, { signal })
    ) {
      if (path !== "" || kind === "update") continue;
      this.#broadcast.set(undefined);
      if (kind === "start") this.#broadcast.set(this.#consume());
    }
  }

  #consume(): BroadcastConsumer | undefined {
    try {
      return this.#shared.connection.remote.scope().consume(this.name);
    } catch (error) {
      // It has gone again; its end is the next event.
      this.#log.debug?.("broadcast gone", { error: asMoqError(error).message });
      return undefined;
    }
  }

  #followCatalog(): (() => void) | void {
    const broadcast = this.#broadcast.get();
    this.#attempt.get();
    if (!broadcast) return;
    const end = new AbortController();
    this.#sync.reset();
    void this.#runCatalog(broadcast, end.signal); // does not fail
    return () => {
      end.abort();
      this.#catalog.set(undefined);
      this.#video.set(undefined);
      this.#audio.set(undefined);
      this.#failure.set(undefined);
    };
  }

  async #runCatalog(
    broadcast: BroadcastConsumer,
    signal: AbortSignal,
  ): Promise<void> {
    const log = this.#log;
    try {
      for await (const catalog of consumeCatalog(broadcast, { signal, log })) {
        await this.#choose(catalog, signal);
      }
    } catch (error) {
      if (!signal.aborted) this.#retry(asMoqError(error));
    }
  }

  async #choose(catalog: Catalog, signal: AbortSignal): Promise<void> {
    const log = this.#log;
    const { VideoDecoder: videoSupport, AudioDecoder: audioSupport } =
      globalThis as Partial<typeof globalThis>;
    const [video, audio] = await Promise.all([
      chooseVideo(catalog.video?.renditions, { support: videoSupport, log }),
      chooseAudio(catalog.audio?.renditions, { support: audioSupport, log }),
    ]);
    if (signal.aborted) return;
    this.#catalog.set(catalog);
    if (!isSameChoice(video, this.#video.peek())) this.#video.set(video);
    if (!isSameChoice(audio, this.#audio.peek())) this.#audio.set(audio);
  }

  #playVideo(): (() => void) | void {
    const broadcast = this.#broadcast.get();
    const choice = this.#video.get();
    const isWanted = !this.paused.get() && this.visible.get();
    if (!broadcast || !choice || !isWanted) return;
    this.#holdBack();
    const section: VideoSection = this.#catalog.peek()?.video ??
      { renditions: {} };
    const lane = new VideoLane({
      ...this.#laneOptions(broadcast),
      choice,
      section,
    });
    this.#lane = lane;
    this.#hasPicture.set(false);
    lane.closed.then((error) => error && this.#retry(error));
    return () => {
      lane.close();
      this.#lane = undefined;
    };
  }

  #playAudio(): (() => void) | void {
    const broadcast = this.#broadcast.get();
    const choice = this.#audio.get();
    const isWanted = !this.paused.get() && !this.muted.get();
    if (!broadcast || !choice || !isWanted) return;
    this.#holdBack();
    const { volume } = this;
    const speaker = new Speaker({
      ...this.#laneOptions(broadcast),
      choice,
      volume,
    });
    this.#speaker.set(speaker);
    speaker.closed.then((error) => error && this.#retry(error));
    return () => {
      speaker.close();
      this.#speaker.set(undefined);
    };
  }

  /** Sets how long media is held; whoever plays begins anew when that changes. */
  #holdBack(): void {
    const jitterMs = Math.max(
      this.#video.get()?.config.jitter ?? 0,
      this.#audio.get()?.config.jitter ?? 0,
    );
    const latencyMs = Math.max(0, this.latencyMs.get()) + jitterMs;
    this.#sync.latencyMs = Math.min(latencyMs, MAX_LATENCY_MS);
  }

  #laneOptions(broadcast: BroadcastConsumer): LaneOptions {
    const [sync, counters, log] = [this.#sync, this.#counters, this.#log];
    return { broadcast, sync, counters, log };
  }

  /** Begins again with the catalog, unless trying again cannot help. */
  #retry(error: MoqError): void {
    this.#log.warn?.("playback interrupted", { error: error.message });
    if (error.code === "decode") return this.#failure.set(error);
    const timer = setTimeout(() => {
      if (this.#end.signal.aborted) return;
      this.#attempt.set(this.#attempt.peek() + 1);
    }, RETRY_MS);
    this.#end.signal.addEventListener("abort", () => clearTimeout(timer), {
      once: true,
    });
  }

  #look(): void {
    const nowMs = performance.now();
    this.#meter.sample(nowMs);
    const stillMs = nowMs - this.#renderer.shownAtMs;
    if (this.#lane && stillMs < STILL_MS) this.#hasPicture.set(true);
    this.#isStill.set(this.#lane !== undefined && stillMs > STILL_MS);
  }
}
