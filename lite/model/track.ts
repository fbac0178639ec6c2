/**
 * A track: a named series of groups with one writer and any number of readers.
 * Producer writes never wait; each subscription has its own place and loses
 * only its own.
 *
 * @module
 */
import type { LogEnd } from "../bytes/byte_log.ts";
import { asMoqError, MoqError } from "../error.ts";
import { Latch } from "../latch.ts";
import type { Cache } from "./cache.ts";
import type { CacheShare } from "./cache_share.ts";
import type { Frame } from "./frame.ts";
import {
  type GroupConsumer,
  type GroupOptions,
  GroupProducer,
} from "./group.ts";
import { TrackGroups } from "./track_groups.ts";
import {
  type SubscribeOptions,
  type TrackDemand,
  type TrackReader,
  wantedBy,
} from "./demand.ts";
import type { Subscribable } from "./subscribable.ts";
import { TrackSubscription } from "./subscription.ts";

/** Properties of a track, fixed for its lifetime. moq-lite-06, "TRACK_INFO". */
export interface TrackInfo {
  /** The publisher's own idea of its importance, 0 to 255, higher first. Default 127. */
  readonly priority: number;
  /** How long groups that are not the newest are kept, in milliseconds. Default 5000. */
  readonly maxAgeMs: number;
  /** Timestamp ticks per second. Default 1000. */
  readonly timescale: number;
}

/** {@linkcode TrackInfo} as it is when nothing was said. */
export const DEFAULT_TRACK_INFO: TrackInfo = {
  priority: 127,
  maxAgeMs: 5000,
  timescale: 1000,
};

/** Options of {@linkcode TrackConsumer.fetch}. */
export interface FetchOptions {
  /** 0 to 255, higher is sent first. Default 0. */
  readonly priority?: number | undefined;
  /** Ends the wait, and what is still to come of the group unless others fetch it too: abort it when nothing more is read. */
  readonly signal?: AbortSignal | undefined;
}

/** Where a track comes from when nobody writes to it here. */
export interface TrackSource {
  /** Asks for the track's properties; throws the `MoqError` of a refusal. */
  info(signal?: AbortSignal): Promise<TrackInfo>;
  /** Asks for one past group. */
  fetch(sequence: number, options: FetchOptions): Promise<GroupConsumer>;
  /**
   * Fills `track` from its first subscriber until `signal` aborts, when the
   * last one has left. Resolves when the track is complete, throws when it failed.
   */
  run(track: TrackProducer, signal: AbortSignal): Promise<void>;
}

/** A question for the properties that several wait for. */
interface Question {
  refusal?: MoqError;
}

/** Options of {@linkcode Track}. */
export interface TrackOptions {
  /** Accounts for the groups. */
  readonly cache: Cache;
  /** The share of the cache that the groups count against. Default the cache's own. */
  readonly share?: CacheShare | undefined;
  /** Known properties; otherwise they come from `source` or {@linkcode Track.accept}. */
  readonly info?: TrackInfo | undefined;
  /** Where groups come from, unless they are written here. */
  readonly source?: TrackSource | undefined;
  /** Called when `source` refuses to give the properties. */
  readonly onRefused?: (() => void) | undefined;
}

/** What the producer and the consumers of one track share. */
export class Track implements Subscribable {
  /** The track's name within its broadcast. */
  readonly name: string;
  /** Accounts for the groups. */
  readonly cache: Cache;
  /** What is there. */
  readonly groups: TrackGroups = new TrackGroups();
  /** Wakes at arrivals and at the end. */
  readonly latch: Latch = new Latch();
  /** Wakes when what the subscribers want changes. */
  readonly demandLatch: Latch = new Latch();
  /** Everybody reading. */
  readonly subscriptions: Set<TrackReader> = new Set();
  readonly #share: CacheShare | undefined;
  readonly #source: TrackSource | undefined;
  readonly #onRefused: (() => void) | undefined;
  #info: TrackInfo | undefined;
  #asked: Question | undefined;
  #ended: LogEnd | undefined;
  #final: number | undefined;
  #running: AbortController | undefined;

  /** Use `BroadcastProducer.createTrack` or `BroadcastConsumer.track`. */
  constructor(name: string, options: TrackOptions) {
    this.name = name;
    this.cache = options.cache;
    this.#share = options.share;
    this.#source = options.source;
    this.#onRefused = options.onRefused;
    this.#info = options.info;
  }

  /** Set once no more groups will come. */
  get ended(): LogEnd | undefined {
    return this.#ended;
  }

  /** The exclusive end of the sequence, once it is known. */
  get final(): number | undefined {
    return this.#final;
  }

  /** The properties, if they are known already. */
  get knownInfo(): TrackInfo | undefined {
    return this.#info;
  }

  /** Whether nothing hangs on it any more: no reader, no cached group. */
  get isIdle(): boolean {
    return this.subscriptions.size === 0 && this.groups.isEmpty;
  }

  #wake(): void {
    this.latch.wake();
    for (const subscription of this.subscriptions) subscription.wake();
  }

  /** Sets the properties of a track that was asked for. */
  accept(info: TrackInfo): void {
    this.#info ??= info;
    this.#wake();
  }

  /** The properties; asks the source once for all who wait. Throws the `MoqError` of a refusal, or `signal.reason`. */
  async info(signal?: AbortSignal): Promise<TrackInfo> {
    const release = signal && this.latch.wakeOn(signal);
    const question = this.#question();
    try {
      while (!this.#info) {
        signal?.throwIfAborted();
        if (question?.refusal) throw question.refusal;
        if (this.#ended) throw this.#ended.error ?? notFound(this.name);
        await this.latch.changed();
      }
      return this.#info;
    } finally {
      release?.();
    }
  }

  #question(): Question | undefined {
    if (this.#info || !this.#source) return undefined;
    if (!this.#asked) {
      this.#asked = {};
      this.#ask(this.#source, this.#asked);
    }
    return this.#asked;
  }

  async #ask(source: TrackSource, question: Question): Promise<void> {
    try {
      this.#info ??= await source.info();
    } catch (error) {
      question.refusal = asMoqError(error);
      this.#onRefused?.();
    }
    this.#asked = undefined;
    this.#wake();
  }

  /** A new group, or `undefined` when `sequence` is there already and was not cut, or lies behind the end. */
  begin(
    sequence: number,
    options: Pick<GroupOptions, "frameStart" | "isDatagram"> = {},
  ): GroupProducer | undefined {
    if (!this.#takes(sequence)) return undefined;
    const info = this.#info ?? DEFAULT_TRACK_INFO;
    const group = new GroupProducer(sequence, {
      ...options,
      cache: this.cache,
      share: this.#share,
      maxAgeMs: Math.min(info.maxAgeMs, this.cache.maxAgeMs),
    });
    this.#add(group);
    return group;
  }

  /** Adds a group that is written elsewhere; `false` when its sequence is there already and was not cut, or lies behind the end. */
  insert(group: GroupProducer): boolean {
    if (!this.#takes(group.sequence)) return false;
    this.#add(group);
    return true;
  }

  /** Adds a group of one frame that may be lost; `false` as in {@linkcode Track.insert}. */
  insertDatagram(sequence: number, frame: Frame): boolean {
    const group = this.begin(sequence, { isDatagram: true });
    group?.writeFrame(frame);
    group?.close();
    return group !== undefined;
  }

  #takes(sequence: number): boolean {
    if (this.#ended || sequence >= (this.#final ?? Infinity)) return false;
    return this.groups.lacks(sequence);
  }

  #add(group: GroupProducer): void {
    this.groups.add(group);
    this.#wake();
  }

  /** Says where the track will end: `final` is the first sequence that will not come. */
  finishAt(final: number): void {
    this.#final ??= final;
    this.#wake();
  }

  /** No more groups: complete, or failed with `error`. Groups that are there stay readable. Idempotent. */
  close(error?: MoqError): void {
    if (this.#ended) return;
    if (!error) this.finishAt(this.groups.highest + 1);
    this.#ended = { error };
    this.#wake();
    this.demandLatch.wake();
  }

  /** A past group, from the cache or the source; throws `MoqError("not-found")`. */
  async fetch(
    sequence: number,
    options: FetchOptions,
  ): Promise<GroupConsumer> {
    const present = this.groups.whole(sequence);
    if (present) {
      present.touch();
      return present.consume();
    }
    if (!this.#source) {
      throw new MoqError(
        "not-found",
        `Expected group ${sequence} of track ${this.name} to be cached, it is not`,
      );
    }
    return await this.#source.fetch(sequence, options);
  }

  /** Adds a reader; the first one starts the source. */
  join(subscription: TrackReader): void {
    this.subscriptions.add(subscription);
    this.demandLatch.wake();
    if (this.#source && !this.#running && !this.#ended) {
      this.#running = new AbortController();
      this.#run(this.#source, this.#running);
    }
  }

  /** Removes a reader; the last one stops the source. */
  leave(subscription: TrackReader): void {
    if (!this.subscriptions.delete(subscription)) return;
    this.demandLatch.wake();
    if (this.subscriptions.size > 0 || !this.#source) return;
    this.groups.setAside();
    this.#running?.abort(
      new MoqError(
        "cancelled",
        `Track ${JSON.stringify(this.name)} has no readers left`,
      ),
    );
  }

  async #run(source: TrackSource, running: AbortController): Promise<void> {
    try {
      await source.run(new TrackProducer(this), running.signal);
      if (!running.signal.aborted) this.close();
    } catch (error) {
      if (!running.signal.aborted) this.close(asMoqError(error));
    }
    this.#running = undefined;
    // Whoever came while the source was being stopped starts it again.
    const [waiting] = this.subscriptions;
    if (waiting) this.join(waiting);
  }
}

function notFound(name: string): MoqError {
  return new MoqError(
    "not-found",
    `Expected a track named ${name}, the broadcast has none`,
  );
}

/** The write side of a track; made by `BroadcastProducer.createTrack`. */
export class TrackProducer {
  /** What it shares with the consumers. */
  readonly track: Track;

  /** Use `BroadcastProducer.createTrack`. */
  constructor(track: Track) {
    this.track = track;
  }

  /** The track's name within its broadcast. */
  get name(): string {
    return this.track.name;
  }

  /** The track's properties. */
  get info(): TrackInfo {
    return this.track.knownInfo ?? DEFAULT_TRACK_INFO;
  }

  /** How many read the track and what they want of it. */
  get demand(): TrackDemand {
    return wantedBy(this.track);
  }

  /** Begins a group, the next in sequence unless `sequence` says otherwise. Throws `TypeError` for one that is there already, or after the end. */
  group(sequence?: number): GroupProducer {
    const next = sequence ?? this.track.groups.highest + 1;
    const group = this.track.begin(next);
    if (!group) throw this.#isOver(next);
    return group;
  }

  /** Writes a group of this one frame. */
  writeFrame(frame: Frame): void {
    const group = this.group();
    group.writeFrame(frame);
    group.close();
  }

  /** Writes a group of one frame of text in UTF-8, at the time of the track's clock unless `timestamp` says otherwise, in ticks. */
  writeText(text: string, timestamp?: number): void {
    const { cache } = this.track;
    const nowTicks = cache.clock.now() * this.info.timescale / 1000;
    const group = this.group();
    group.writeText(text, timestamp ?? Math.round(nowTicks));
    group.close();
  }

  /**
   * Writes a group of this one frame that may be lost: as a datagram to those
   * who take them, up to about 1190 bytes, else on a stream; it is never
   * cached. Throws `TypeError` for a negative timestamp, which a datagram
   * cannot say, and after the end. moq-lite, "Datagrams".
   */
  writeDatagram(frame: Frame): void {
    if (!Number.isSafeInteger(frame.timestamp) || frame.timestamp < 0) {
      throw new TypeError(
        `Expected a timestamp in whole ticks from 0 on, got ${frame.timestamp}`,
      );
    }
    const next = this.track.groups.highest + 1;
    if (!this.track.insertDatagram(next, frame)) throw this.#isOver(next);
  }

  #isOver(sequence: number): TypeError {
    return new TypeError(
      `Expected a new group of an open track, got group ${sequence} of ${this.name}`,
    );
  }

  /** Ends the track: complete, or with `error`. Idempotent. */
  close(error?: MoqError): void {
    this.track.close(error);
  }

  /** A read side. */
  consume(): TrackConsumer {
    return new TrackConsumer(this.track);
  }
}

/** What a read side shares with the producer, which its users cannot reach. */
export let trackOf: (consumer: TrackConsumer) => Track;

/** The read side of a track. */
export class TrackConsumer {
  readonly #track: Track;

  static {
    trackOf = (consumer) => consumer.#track;
  }

  /** Use `BroadcastConsumer.track`. */
  constructor(track: Track) {
    this.#track = track;
  }

  /** The track's name within its broadcast. */
  get name(): string {
    return this.#track.name;
  }

  /** The track's properties; throws the `MoqError` of a refusal, or `signal.reason`. */
  info(signal?: AbortSignal): Promise<TrackInfo> {
    return this.#track.info(signal);
  }

  /** Groups from now on, the newest one included; ends with the track. */
  subscribe(options: SubscribeOptions = {}): TrackSubscription {
    return new TrackSubscription(this.#track, options);
  }

  /**
   * The frames of all groups as text. Groups arrive in any order, and late ones
   * may be dropped, as in {@linkcode TrackConsumer.subscribe}; a cut group is
   * skipped. Text that must be complete and in order belongs in one group.
   */
  async *texts(options: SubscribeOptions = {}): AsyncGenerator<string, void> {
    const groups = this.subscribe(options);
    try {
      for await (const group of groups) {
        try {
          yield* group.texts(options.signal);
        } catch (error) {
          if (!(error instanceof MoqError)) throw error;
        }
      }
    } finally {
      groups.close();
    }
  }

  /** One past group, from the cache or from upstream; throws `MoqError("not-found")`. */
  fetch(
    sequence: number,
    options: FetchOptions = {},
  ): Promise<GroupConsumer> {
    return this.#track.fetch(sequence, options);
  }
}
