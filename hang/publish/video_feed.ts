/**
 * From one camera, screen or file to all renditions of the video: reads
 * pictures while a rendition is wanted, and plans again when their size changes.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { asMoqError, Latch } from "@moq-deno/lite/internal";
import type { Size } from "../catalog/catalog.ts";
import { listening } from "../signals/dom.ts";
import { effect } from "../signals/signal.ts";
import type { PublishMarks } from "./marks.ts";
import { planRenditions, type RenditionSpec } from "./rendition_plan.ts";
import type { PublishClock } from "./publish_clock.ts";
import { Restamp } from "./restamp.ts";
import { probeVideo } from "./video_codec.ts";
import { readFrames } from "./video_frames.ts";
import { noVideoEncoder, type VideoRendition } from "./video_rendition.ts";

/** Options of {@linkcode VideoFeed}. */
interface VideoFeedOptions {
  /** Where pictures come from; it stays the caller's. */
  readonly track: MediaStreamTrack;
  /** What to make of them. */
  readonly specs: readonly RenditionSpec[];
  /** Where they go, by the names in `specs`. */
  readonly renditions: readonly VideoRendition[];
  /** What timestamps count from. */
  readonly clock: PublishClock;
  /** Takes the times of pictures. */
  readonly marks: PublishMarks;
  /** Counts the pictures that come from the source. */
  readonly counters: { capturedFrames: number };
}

/** Feeds the renditions until it is closed; when its track ends or nothing can be encoded, it withdraws them. */
export class VideoFeed {
  /** Resolves when it has ended, with the error unless it was closed or its track ended; never rejects. */
  readonly closed: Promise<MoqError | undefined>;
  readonly #options: VideoFeedOptions;
  readonly #restamp = new Restamp();
  readonly #failed: Set<string> = new Set();
  readonly #latch = new Latch();
  readonly #end = new AbortController();
  readonly #stops: readonly (() => void)[];
  #planned: Size | undefined;

  /** Begins at once: the first picture tells the size. */
  constructor(options: VideoFeedOptions) {
    this.#options = options;
    this.#stops = options.renditions.map((rendition) =>
      effect(() => this.#watch(rendition))
    );
    this.closed = this.#run(this.#end.signal);
  }

  /** Stops; the renditions stay offered, for the next feed. Idempotent. */
  close(): void {
    if (this.#end.signal.aborted) return;
    this.#end.abort(new MoqError("closed", "Feed was closed"));
    for (const stop of this.#stops) stop();
    for (const rendition of this.#options.renditions) rendition.pause();
  }

  #watch(rendition: VideoRendition): void {
    const key = rendition.failed.get();
    if (key !== undefined) {
      this.#failed.add(key);
      this.#planned = undefined;
    }
    if (!rendition.isWanted.get()) rendition.pause();
    this.#latch.wake();
  }

  #isWanted(): boolean {
    return this.#options.renditions.some(({ isWanted }) => isWanted.peek());
  }

  async #run(signal: AbortSignal): Promise<MoqError | undefined> {
    const release = this.#latch.wakeOn(signal);
    let error: MoqError | undefined;
    try {
      while (!signal.aborted && this.#options.track.readyState === "live") {
        await this.#runFrames(signal);
        await this.#untilWanted(signal);
      }
    } catch (reason) {
      error = asMoqError(reason);
    }
    release();
    if (signal.aborted) return undefined;
    this.close();
    for (const rendition of this.#options.renditions) rendition.withdraw();
    return error;
  }

  /** At least one picture, so that the catalog can say how large it is; then as many as are wanted. */
  async #runFrames(signal: AbortSignal): Promise<void> {
    for await (const frame of readFrames(this.#options.track, signal)) {
      try {
        await this.#take(frame);
      } finally {
        frame.close();
      }
      if (!this.#isWanted()) return;
    }
  }

  async #untilWanted(signal: AbortSignal): Promise<void> {
    const { track } = this.#options;
    const stop = listening(track, { ended: () => this.#latch.wake() });
    try {
      while (
        !this.#isWanted() && !signal.aborted && track.readyState === "live"
      ) await this.#latch.changed();
    } finally {
      stop();
    }
  }

  async #take(frame: VideoFrame): Promise<void> {
    const { clock, marks, counters, renditions } = this.#options;
    const nowUs = clock.nowUs();
    counters.capturedFrames++;
    const { displayWidth: width, displayHeight: height } = frame;
    if (this.#planned?.width !== width || this.#planned.height !== height) {
      await this.#plan({ width, height });
    }
    const timestamp = this.#restamp.stamp(frame.timestamp, nowUs);
    const wanted = renditions.filter(({ isWanted }) => isWanted.peek());
    if (this.#end.signal.aborted || wanted.length === 0) return;
    const atMs = clock.atMs(nowUs);
    for (const { name: track } of wanted) {
      marks.mark("captured", { track, timestampUs: timestamp, atMs });
    }
    const stamped = new VideoFrame(frame, { timestamp });
    try {
      for (const rendition of wanted) rendition.encode(stamped);
    } finally {
      stamped.close();
    }
  }

  async #plan(size: Size): Promise<void> {
    const { track, specs, renditions } = this.#options;
    const { frameRate } = track.getSettings();
    const plans = planRenditions(specs, {
      ...size,
      framerate: frameRate || undefined,
    });
    const { VideoEncoder: support } = globalThis as Partial<typeof globalThis>;
    const configs = await Promise.all(
      plans.map((plan) => probeVideo(plan, { support, failed: this.#failed })),
    );
    if (this.#end.signal.aborted) return;
    this.#planned = size;
    if (configs.every((config) => config === undefined)) throw noVideoEncoder();
    for (const rendition of renditions) {
      const at = plans.findIndex(({ name }) => name === rendition.name);
      const [plan, config] = [plans[at], configs[at]];
      if (plan && config) rendition.offer({ plan, config });
      else rendition.withdraw();
    }
  }
}

/** Whether `track` shows a screen, a window or a tab. */
export function isScreen(track: MediaStreamTrack | undefined): boolean {
  return track?.getSettings().displaySurface !== undefined;
}
