/**
 * A live broadcast as HLS: its renditions by the newest catalog, over as many
 * publishers as come one after the other.
 *
 * @module
 */
import {
  type BroadcastConsumer,
  type Clock,
  type Logger,
  sleep,
  systemClock,
} from "@moq-deno/lite";
import { messageOf, SILENT } from "@moq-deno/lite/internal";
import type { Catalog } from "../catalog/catalog.ts";
import { consumeCatalog } from "../catalog/consumer.ts";
import { type ClockConfig, wallOf } from "../catalog/timing.ts";
import { type Epoch, LiveRendition, SharedTarget } from "./live_rendition.ts";
import { type ListedConfig, listedIn } from "./codecs.ts";
import type { HlsRendition, HlsSource } from "./rendition.ts";

const DEFAULT_WINDOW_SECONDS = 30;
// A publisher that is gone for longer has ended: players are told, and stop.
const RETURN_MS = 10_000;

/** A publisher came or went. */
export type PublisherEvent =
  | { readonly kind: "start"; readonly broadcast: BroadcastConsumer }
  | { readonly kind: "end" };

/** Options of {@linkcode LiveBroadcast}. */
export interface LiveBroadcastOptions {
  /** How much the playlists list, in seconds. Default 30. */
  readonly windowSeconds?: number | undefined;
  /** Default the system's. */
  readonly clock?: Clock | undefined;
  /** Hears of what is left out. */
  readonly log?: Logger | undefined;
}

/** Made before its first publisher; the owner closes it. */
export class LiveBroadcast implements HlsSource {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #windowSeconds: number;
  readonly #target = new SharedTarget();
  readonly #known: Map<string, LiveRendition> = new Map();
  #listed: readonly LiveRendition[] = [];
  #epoch: AbortController | undefined;

  /** Shows nothing before {@linkcode LiveBroadcast.run}. */
  constructor(options: LiveBroadcastOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? SILENT;
    this.#windowSeconds = options.windowSeconds ?? DEFAULT_WINDOW_SECONDS;
  }

  /** How many renditions are subscribed now. */
  get active(): number {
    return this.#listed.filter(({ isActive }) => isActive).length;
  }

  /** The renditions of the newest catalog, once there is one; throws `signal.reason`. */
  async renditions(signal: AbortSignal): Promise<readonly HlsRendition[]> {
    const { latch } = this.#target;
    const release = latch.wakeOn(signal);
    try {
      while (this.#listed.length === 0) {
        signal.throwIfAborted();
        await latch.changed();
      }
      return this.#listed;
    } finally {
      release();
    }
  }

  /** Follows the publishers until the events end. */
  async run(events: AsyncIterable<PublisherEvent>): Promise<void> {
    let following = Promise.resolve();
    try {
      for await (const event of events) {
        this.#epoch?.abort();
        const epoch = new AbortController();
        this.#epoch = epoch;
        await following;
        following = event.kind === "start"
          ? this.#runPublisher(event.broadcast, epoch.signal)
          : this.#runPause(epoch.signal);
      }
    } finally {
      this.#epoch?.abort();
      await following;
      for (const rendition of this.#known.values()) rendition.close();
    }
  }

  async #runPublisher(
    broadcast: BroadcastConsumer,
    ended: AbortSignal,
  ): Promise<void> {
    let clock: ClockConfig | undefined;
    let startMs: number | undefined;
    const epoch: Epoch = {
      broadcast,
      ended,
      wallMs(timestampUs, newestUs) {
        // Without a clock all renditions go by when the first segment of any was complete.
        startMs ??= clock ? wallOf(clock) : Date.now() - newestUs / 1000;
        return startMs + timestampUs / 1000;
      },
    };
    try {
      const options = { signal: ended, log: this.#log, clock: this.#clock };
      for await (const catalog of consumeCatalog(broadcast, options)) {
        clock = catalog.clock;
        this.#update(catalog, epoch);
      }
    } catch (error) {
      if (ended.aborted) return;
      this.#log.warn?.("catalog not read further", { error: messageOf(error) });
    }
  }

  async #runPause(over: AbortSignal): Promise<void> {
    try {
      await sleep(this.#clock, RETURN_MS, over);
    } catch {
      return; // another publisher came, or the broadcast was closed
    }
    for (const rendition of this.#known.values()) rendition.end();
  }

  #update(catalog: Catalog, epoch: Epoch): void {
    const listed: LiveRendition[] = [];
    for (const one of listedIn(catalog, this.#log)) {
      const rendition = this.#rendition(one);
      rendition.attach(one.config, epoch);
      listed.push(rendition);
    }
    for (const rendition of this.#known.values()) {
      if (!listed.includes(rendition)) rendition.end();
    }
    this.#listed = listed;
    this.#target.latch.wake();
  }

  #rendition({ kind, name, config }: ListedConfig): LiveRendition {
    const id = `${kind}/${name}`;
    const known = this.#known.get(id);
    if (known) return known;
    const [leader] = this.#known.values();
    const rendition = new LiveRendition(config, {
      kind,
      name,
      windowSeconds: this.#windowSeconds,
      leader,
      target: this.#target,
      clock: this.#clock,
      log: this.#log,
    });
    this.#known.set(id, rendition);
    return rendition;
  }
}
