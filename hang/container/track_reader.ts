/**
 * One rendition of a broadcast as samples in decode order.
 *
 * @module
 */
import type {
  GroupConsumer,
  Logger,
  MoqError,
  TrackSubscription,
} from "@moq-deno/lite";
import { asMoqError, Latch, messageOf } from "@moq-deno/lite/internal";
import type { AudioConfig, VideoConfig } from "../catalog/catalog.ts";
import type { Container } from "./sample.ts";
import {
  type OpenGroup,
  type OrderedSample,
  SampleOrder,
} from "./sample_order.ts";

/** Hears of samples the moment they arrive, long before a slow reader takes them. */
export interface ArrivalSink {
  /** A sample with this presentation time in microseconds has arrived just now. */
  received(timestampUs: number): void;
}

/** Options of {@linkcode TrackReader}. */
interface TrackReaderOptions<Config> {
  /** The track's name. */
  readonly name: string;
  /** Its rendition. */
  readonly config: Config;
  /** Reads its payloads. */
  readonly container: Container;
  /** How long a group may hold up newer ones, in milliseconds; read again each time, so that it may change. */
  readonly latencyMs: number;
  /** Hears of groups that could not be read. */
  readonly log: Logger;
  /** Hears of samples as they arrive. */
  readonly arrivals?: ArrivalSink | undefined;
}

/** Reads the groups of a subscription side by side; it owns the subscription from here on. */
export class TrackReader<Config extends VideoConfig | AudioConfig> {
  /** The track's name. */
  readonly name: string;
  /** Its rendition in the catalog. */
  readonly config: Config;
  readonly #container: Container;
  readonly #log: Logger;
  readonly #arrivals: ArrivalSink | undefined;
  readonly #subscription: TrackSubscription;
  readonly #order: SampleOrder;
  readonly #latch = new Latch();
  readonly #running: Promise<void>;
  #error: MoqError | undefined;
  #hasEnded = false;
  #groups = 0;
  #newest = -1;

  /** Starts reading at once, so that nothing of what was asked for is missed. */
  constructor(
    subscription: TrackSubscription,
    options: TrackReaderOptions<Config>,
  ) {
    this.name = options.name;
    this.config = options.config;
    this.#container = options.container;
    this.#log = options.log;
    this.#arrivals = options.arrivals;
    this.#subscription = subscription;
    this.#order = new SampleOrder({
      get latencyMs() {
        return options.latencyMs;
      },
      kind: "sampleRate" in options.config ? "audio" : "video",
    });
    this.#running = this.#runGroups();
  }

  /** Groups that began to arrive. */
  get groups(): number {
    return this.#groups;
  }

  /** The highest sequence of a group that began to arrive, -1 before the first. */
  get newest(): number {
    return this.#newest;
  }

  /** Groups given up because they came too late. */
  get skipped(): number {
    return this.#order.skipped;
  }

  /**
   * The samples in decode order, for one reader. Ends with the track or after `close()`; throws the `MoqError` with
   * which the track failed, and `signal.reason`.
   */
  async *samples(signal?: AbortSignal): AsyncGenerator<OrderedSample, void> {
    const release = signal && this.#latch.wakeOn(signal);
    try {
      for (;;) {
        signal?.throwIfAborted();
        const sample = this.#order.take();
        if (sample) yield sample;
        else if (this.#order.isDone || this.#hasEnded) break;
        else await this.#latch.changed();
      }
      if (this.#error) throw this.#error;
    } finally {
      release?.();
    }
  }

  /** Ends the subscription and the samples; resolves when nothing runs any more. Idempotent. */
  async close(): Promise<void> {
    this.#hasEnded = true;
    this.#subscription.close();
    this.#order.clear();
    this.#latch.wake();
    await this.#running;
  }

  async #runGroups(): Promise<void> {
    const running = new Set<Promise<void>>();
    try {
      for await (const group of this.#subscription) {
        const open = this.#order.open(group.sequence);
        if (!open) continue;
        this.#groups++;
        this.#newest = Math.max(this.#newest, group.sequence);
        const task: Promise<void> = this.#runGroup(group, open)
          .finally(() => running.delete(task));
        running.add(task);
      }
    } catch (error) {
      if (!this.#hasEnded) this.#error = asMoqError(error);
    }
    await Promise.all(running);
    this.#order.finish();
    this.#latch.wake();
  }

  async #runGroup(group: GroupConsumer, open: OpenGroup): Promise<void> {
    try {
      for await (const { payload } of group.frames(open.abandoned)) {
        for (const sample of this.#container.decode(payload)) {
          this.#order.push(open, sample);
          this.#arrivals?.received(sample.timestampUs);
        }
        this.#latch.wake();
      }
    } catch (error) {
      if (!open.abandoned.aborted) {
        this.#log.debug?.("group cut", {
          track: this.name,
          sequence: group.sequence,
          error: messageOf(error),
        });
      }
    }
    this.#order.end(open);
    this.#latch.wake();
  }
}
