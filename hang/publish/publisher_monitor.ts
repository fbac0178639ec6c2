/**
 * How a publisher is doing, in numbers, and the bitrate that the path to the
 * relay carries, shared out among the renditions.
 *
 * @module
 */
import { protocolOf } from "@moq-deno/lite";
import { Rates } from "../connection/rates.ts";
import type { SharedConnection } from "../connection/relay_connection.ts";
import { effect, type ReadonlySignal } from "../signals/signal.ts";
import type { AudioRendition } from "./audio_rendition.ts";
import { BitrateBudget } from "./bitrate_budget.ts";
import type { PublisherStats, RenditionStats } from "./publisher_stats.ts";
import type { VideoRendition } from "./video_rendition.ts";

const LOOK_MS = 500;

/** The parts of the publisher. */
interface Monitored {
  readonly shared: SharedConnection;
  readonly video: ReadonlySignal<readonly VideoRendition[]>;
  readonly audio: AudioRendition;
  /** Tells viewers when pictures were sent, and with which round trip. */
  readonly timings: { rttMs: number | undefined };
}

/** Measures until it is closed. */
export class PublisherMonitor {
  /** For the feeds to count in. */
  readonly counters: { capturedFrames: number } = { capturedFrames: 0 };
  readonly #publisher: Monitored;
  readonly #budget = new BitrateBudget();
  readonly #rates = new Rates<"bytes" | "capturedFrames">();
  readonly #stops: readonly (() => void)[];

  /** Begins at once. */
  constructor(publisher: Monitored) {
    this.#publisher = publisher;
    const timer = setInterval(() => this.#look(performance.now()), LOOK_MS);
    this.#stops = [
      () => clearInterval(timer),
      effect(() => this.#meetPath()),
    ];
  }

  /** The current numbers. */
  stats(): PublisherStats {
    const { video, audio, shared } = this.#publisher;
    const { session } = shared.connection;
    return {
      ...this.counters,
      framesPerSecond: this.#rates.perSecond("capturedFrames"),
      video: video.peek().map(renditionStats),
      audio: audio.config.peek(),
      encodedPieces: audio.encoded,
      bitrateBps: this.#rates.perSecond("bytes") * 8,
      budgetBps: this.#budget.bps,
      rttMs: session?.path.rttMs,
      protocol: session && protocolOf(session.version),
    };
  }

  /** Stops measuring. Idempotent. */
  close(): void {
    for (const stop of this.#stops) stop();
  }

  /** A new session may take another path. */
  #meetPath(): void {
    this.#publisher.shared.status.get();
    this.#budget.reset();
  }

  #look(nowMs: number): void {
    const { shared, audio, timings } = this.#publisher;
    const video = this.#publisher.video.peek();
    const bytes = video.reduce((sum, one) => sum + one.bytes, audio.bytes);
    this.#rates.sample(nowMs, { ...this.counters, bytes });
    const { session } = shared.connection;
    const wanted = video.filter(({ isWanted }) => isWanted.peek());
    const totalBps = wanted.reduce((sum, one) => sum + one.wantedBps, 0);
    if (session) this.#budget.update(session.path, totalBps, nowMs);
    timings.rttMs = session?.path.rttMs;
    const share = this.#budget.shareOf(totalBps);
    for (const rendition of wanted) rendition.bitrateShare = share;
  }
}

function renditionStats(rendition: VideoRendition): RenditionStats {
  const { name, bitrateBps, encoded, dropped, bytes } = rendition;
  return {
    name,
    config: rendition.config.peek(),
    isWanted: rendition.isWanted.peek(),
    bitrateBps,
    encodedFrames: encoded,
    droppedFrames: dropped,
    bytes,
  };
}
