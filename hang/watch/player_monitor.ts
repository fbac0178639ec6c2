/**
 * How a player is doing, in numbers: counters, rates, what the relay says of
 * the path, and where the time goes for each picture.
 *
 * @module
 */
import { type Logger, protocolOf, type Session } from "@moq-deno/lite";
import { asMoqError, type Probe } from "@moq-deno/lite/internal";
import { Rates } from "../connection/rates.ts";
import type { SharedConnection } from "../connection/relay_connection.ts";
import { running } from "../signals/lasting.ts";
import { effect, type ReadonlySignal, Signal } from "../signals/signal.ts";
import type { Speaker } from "./audio/speaker.ts";
import { type FrameLatency, joinMarks } from "./clock/frame_latency.ts";
import type { PlayoutClock } from "./clock/playout_clock.ts";
import { PublisherTimings } from "./clock/publisher_timings.ts";
import type { ViewerTimings } from "./clock/viewer_timings.ts";
import type { FollowedBroadcast } from "./followed_broadcast.ts";
import { Counters } from "./lane.ts";
import type { PlayableMedia } from "./playable_media.ts";
import { type PlayerStats, transportOf } from "./player_stats.ts";
import type { VideoChoice } from "./quality/select.ts";

const SAMPLE_MS = 250;

/** The parts of the player. */
interface Monitored {
  readonly shared: SharedConnection;
  readonly sync: PlayoutClock;
  readonly source: FollowedBroadcast;
  readonly media: PlayableMedia;
  readonly timings: ViewerTimings;
  readonly speaker: ReadonlySignal<Speaker | undefined>;
  readonly video: {
    readonly choice: VideoChoice | undefined;
    readonly decodeQueue: number;
    readonly shownUs: number | undefined;
  };
  readonly log: Logger;
}

/** Measures until it is closed. */
export class PlayerMonitor {
  /** Whether the publisher is asked when it captured, encoded and sent each picture. */
  readonly measuring: Signal<boolean> = new Signal(false);
  /** For those who play to count in. */
  readonly counters: Counters = new Counters();
  readonly #player: Monitored;
  readonly #rates = new Rates<"bytes" | "shownFrames">();
  readonly #published: PublisherTimings;
  readonly #stops: readonly (() => void)[];
  // What the relay has said last; a rate of 0 is unknown.
  #probe: Probe | undefined;

  /** Begins at once. */
  constructor(player: Monitored) {
    this.#player = player;
    this.#published = new PublisherTimings(player.log);
    const timer = setInterval(() => this.#sample(), SAMPLE_MS);
    this.#stops = [
      () => clearInterval(timer),
      effect(() => this.#askRelay()),
      effect(() => this.#askPublisher()),
    ];
  }

  /** Where the time went for each picture of the last ten seconds, oldest first. */
  latencies(): readonly FrameLatency[] {
    const { timings, source } = this.#player;
    return joinMarks(timings.marks, {
      told: this.#published.marks,
      clock: source.catalog.peek()?.clock,
      rttMs: this.#rttMs,
    });
  }

  /** The current numbers. */
  stats(): PlayerStats {
    const { shared, sync, video, media, speaker } = this.#player;
    const { session } = shared.connection;
    const { shownUs, choice, decodeQueue } = video;
    const playheadUs = sync.playheadUs() ?? sync.edgeUs;
    return {
      ...this.counters,
      latencyMs: shownUs === undefined ? undefined : sync.behindMs(shownUs),
      bufferedMs: Math.max(0, (sync.edgeUs - playheadUs) / 1000),
      holdMs: sync.holdMs,
      jitterMs: sync.jitterMs,
      decodeQueue,
      bandwidthBps: this.#probe?.bitrateBps ?? 0,
      rttMs: this.#rttMs,
      bitrateBps: this.#rates.perSecond("bytes") * 8,
      framesPerSecond: this.#rates.perSecond("shownFrames"),
      missingSoundSeconds: speaker.peek()?.missingSeconds ?? 0,
      transport: session && transportOf(session),
      protocol: session && protocolOf(session.version),
      rendition: choice?.name,
      video: choice?.config,
      audio: media.audio.peek()?.config,
    };
  }

  /** Stops measuring. Idempotent. */
  close(): void {
    for (const stop of this.#stops) stop();
  }

  get #rttMs(): number | undefined {
    const { session } = this.#player.shared.connection;
    return session?.path.rttMs ?? (this.#probe?.rttMs || undefined);
  }

  #sample(): void {
    const { bytes, shownFrames } = this.counters;
    this.#rates.sample(performance.now(), { bytes, shownFrames });
  }

  #askRelay(): (() => void) | void {
    const status = this.#player.shared.status.get();
    this.#probe = undefined;
    if (status.state !== "connected") return;
    return running((signal) => this.#runProbe(status.session, signal));
  }

  async #runProbe(session: Session, signal: AbortSignal): Promise<void> {
    try {
      for await (const probe of session.probe(signal)) this.#probe = probe;
    } catch (error) {
      // Without reports the other measures have to do.
      const { message } = asMoqError(error);
      this.#player.log.debug?.("no reports of the path", { error: message });
    }
  }

  #askPublisher(): (() => void) | void {
    const { source } = this.#player;
    const catalog = source.catalog.get();
    const broadcast = source.broadcast.peek();
    if (!catalog || !broadcast || !this.measuring.get()) return;
    return this.#published.ask(broadcast, catalog);
  }
}
