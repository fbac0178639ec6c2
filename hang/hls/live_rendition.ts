/**
 * A rendition of a live broadcast: subscribed while somebody asks for its
 * playlist, its newest segments in memory.
 *
 * @module
 */
import type { BroadcastConsumer, Clock, Logger } from "@moq-deno/lite";
import { Latch, messageOf, onAbort } from "@moq-deno/lite/internal";
import {
  type AudioConfig,
  TRACK_PRIORITY,
  type VideoConfig,
} from "../catalog/catalog.ts";
import { openContainer } from "../container/container.ts";
import { TrackReader } from "../container/track_reader.ts";
import { type DecoderFacts, decoderFacts } from "../media/decoder_facts.ts";
import type { HlsKind, HlsRendition } from "./rendition.ts";
import { muxSegment, sampleEntryOf } from "./segment_muxer.ts";
import { type CutSegment, Segmenter } from "./segmenter.ts";
import { SegmentWindow } from "./segment_window.ts";

// Players reload at least once in a target duration, and that is at most 10 s.
const IDLE_MS = 30_000;
// HLS is seconds behind anyway: late groups are waited for.
const LATENCY_MS = 4000;
const MIN_TARGET_SECONDS = 2;
// A video that gives nothing for so many segments of sound is not waited for.
const MAX_FOLLOWED = 5;

/** One publisher's time on the broadcast. */
export interface Epoch {
  /** Its tracks. */
  readonly broadcast: BroadcastConsumer;
  /** Aborts when the publisher is gone or another one. */
  readonly ended: AbortSignal;
  /** The time in milliseconds since 1970 at which `timestampUs` happened; when that is not known, `newestUs` is now. */
  wallMs(timestampUs: number, newestUs: number): number;
}

/** What all renditions of a broadcast agree on: RFC 8216, section 6.2.4, wants one target duration. */
export class SharedTarget {
  /** Wakes whenever there is more to list. */
  readonly latch: Latch = new Latch();
  #seconds: number | undefined;

  /** In seconds, once the first segment is known. */
  get seconds(): number | undefined {
    return this.#seconds;
  }

  /** The first segment is so long. */
  settle(durationUs: number): void {
    const seconds = Math.round(durationUs / 1_000_000);
    this.#seconds ??= Math.max(MIN_TARGET_SECONDS, seconds);
  }
}

/** Options of {@linkcode LiveRendition}. */
interface LiveRenditionOptions {
  /** What it carries. */
  readonly kind: HlsKind;
  /** Its track. */
  readonly name: string;
  /** How much its playlist lists, in seconds. */
  readonly windowSeconds: number;
  /** Settles the target duration, which is its own segments' when there is none. */
  readonly leader: LiveRendition | undefined;
  /** Shared by all renditions. */
  readonly target: SharedTarget;
  /** Measures how long the rendition has been idle. */
  readonly clock: Clock;
  /** Hears of what could not be read. */
  readonly log: Logger;
}

/** Made by `LiveBroadcast`, which tells it of epochs. */
export class LiveRendition implements HlsRendition {
  readonly kind: HlsKind;
  readonly name: string;
  readonly #options: LiveRenditionOptions;
  readonly #window: SegmentWindow;
  #config: VideoConfig | AudioConfig;
  #epoch: Epoch | undefined;
  #stop: AbortController | undefined;
  #cancelIdle: (() => void) | undefined;
  #isBroken = false;
  #followed = 0;
  #hasEnded = false;
  #lastInit: { readonly id: number; readonly entry: string } | undefined;

  /** Reads nothing before somebody asks. */
  constructor(
    config: VideoConfig | AudioConfig,
    options: LiveRenditionOptions,
  ) {
    this.kind = options.kind;
    this.name = options.name;
    this.#config = config;
    this.#options = options;
    this.#window = new SegmentWindow(options.windowSeconds);
  }

  get config(): VideoConfig | AudioConfig {
    return this.#config;
  }

  get peakBps(): number | undefined {
    return this.#window.peakBps;
  }

  /** Whether it is subscribed now. */
  get isActive(): boolean {
    return this.#stop !== undefined;
  }

  /** Another publisher, or another encoding by the same one. */
  attach(config: VideoConfig | AudioConfig, epoch: Epoch): void {
    const isSame = epoch === this.#epoch &&
      encodingOf(config) === encodingOf(this.#config);
    this.#config = config;
    if (isSame) return;
    this.#epoch = epoch;
    this.#hasEnded = false;
    this.#lastInit = undefined;
    const wasActive = this.isActive;
    this.#halt();
    if (wasActive) this.#start();
  }

  /** Nothing more will come, as far as one can tell. */
  end(): void {
    this.#halt();
    this.#hasEnded = true;
    this.#options.target.latch.wake();
  }

  /** Subscribes, or goes on to; called by those who need its segments. */
  ask(): void {
    this.#cancelIdle?.();
    this.#cancelIdle = this.#options.clock.after(IDLE_MS, () => this.#idle());
    if (!this.isActive && !this.#hasEnded) this.#start();
  }

  async playlist(signal: AbortSignal): Promise<string | undefined> {
    this.ask();
    const { target, leader } = this.#options;
    if (target.seconds === undefined) leader?.ask();
    const release = target.latch.wakeOn(signal);
    try {
      while (!signal.aborted) {
        const { seconds } = target;
        if (seconds !== undefined && !this.#window.isEmpty) {
          const hasEnded = this.#hasEnded;
          return this.#window.playlist({ targetSeconds: seconds, hasEnded });
        }
        if (this.#hasEnded) return undefined;
        await target.latch.changed();
      }
      return undefined;
    } finally {
      release();
    }
  }

  init(id: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return Promise.resolve(this.#window.init(id));
  }

  segment(sequence: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return Promise.resolve(this.#window.segment(sequence));
  }

  /** Ends what runs. */
  close(): void {
    this.#cancelIdle?.();
    this.#halt();
  }

  #idle(): void {
    this.#halt();
    // What comes after a pause does not continue this, and no player has a playlist that lists it.
    this.#window.clear();
    this.#isBroken = true;
  }

  #halt(): void {
    this.#stop?.abort();
    this.#stop = undefined;
  }

  #start(): void {
    const epoch = this.#epoch;
    if (!epoch || epoch.ended.aborted) return;
    const stop = new AbortController();
    this.#stop = stop;
    // It never rejects: what fails is logged, and the epoch's end comes from its owner.
    void this.#run(epoch, stop.signal);
  }

  async #run(epoch: Epoch, signal: AbortSignal): Promise<void> {
    const { kind, name, log } = this.#options;
    let reader: TrackReader<VideoConfig | AudioConfig> | undefined;
    const release = onAbort(signal, () => reader?.close());
    try {
      const config = this.#config;
      const facts = decoderFacts(config);
      const subscription = epoch.broadcast.track(name).subscribe({
        priority: TRACK_PRIORITY[kind],
        from: "latest",
        maxAgeMs: LATENCY_MS,
      });
      reader = new TrackReader(subscription, {
        name,
        config,
        container: openContainer(config),
        latencyMs: LATENCY_MS,
        log,
      });
      await this.#cut(reader, { epoch, facts, signal });
    } catch (error) {
      if (!signal.aborted) {
        log.warn?.("rendition not read further", {
          name,
          error: messageOf(error),
        });
      }
    } finally {
      release();
      await reader?.close();
      this.#isBroken = true;
      if (this.#stop?.signal === signal) this.#stop = undefined;
      this.#options.target.latch.wake();
    }
  }

  async #cut(
    reader: TrackReader<VideoConfig | AudioConfig>,
    { epoch, facts, signal }: {
      readonly epoch: Epoch;
      readonly facts: DecoderFacts;
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    const { kind, target } = this.#options;
    const segmenter = new Segmenter({ kind, stepUs: facts.stepUs });
    for await (const sample of reader.samples()) {
      if (signal.aborted) return;
      if (target.seconds) segmenter.targetSeconds = target.seconds;
      const cut = segmenter.push(sample);
      if (cut) await this.#add(cut, { epoch, facts });
    }
    const rest = signal.aborted ? undefined : segmenter.end();
    if (rest) await this.#add(rest, { epoch, facts });
  }

  async #add(
    cut: CutSegment,
    { epoch, facts }: { readonly epoch: Epoch; readonly facts: DecoderFacts },
  ): Promise<void> {
    const { kind, name, log, target, leader } = this.#options;
    try {
      const { init, media } = await muxSegment(cut, { kind, facts });
      const { initId, isNew } = this.#initFor(init);
      if (!leader || ++this.#followed > MAX_FOLLOWED) {
        target.settle(cut.durationUs);
      }
      this.#window.add({
        bytes: media,
        initId,
        durationUs: cut.durationUs,
        wallMs: epoch.wallMs(cut.startUs, cut.startUs + cut.durationUs),
        isDiscontinuity: this.#isBroken || cut.isJump || isNew,
      }, target.seconds ?? MIN_TARGET_SECONDS);
      this.#isBroken = false;
    } catch (error) {
      // One bad segment is left out; the next one says that something is missing.
      this.#isBroken = true;
      const reason = messageOf(error);
      log.warn?.("segment left out", { name, error: reason });
    }
    this.#options.target.latch.wake();
  }

  #initFor(
    init: Uint8Array<ArrayBuffer>,
  ): { readonly initId: number; readonly isNew: boolean } {
    const entry = sampleEntryOf(init).toBase64();
    if (this.#lastInit?.entry === entry) {
      return { initId: this.#lastInit.id, isNew: false };
    }
    const initId = this.#window.addInit(init);
    this.#lastInit = { id: initId, entry };
    return { initId, isNew: true };
  }
}

/** What of a rendition makes a reader start again when it changes. */
function encodingOf(config: VideoConfig | AudioConfig): string {
  const { codec, description, container } = config;
  return JSON.stringify([codec, description, container]);
}
