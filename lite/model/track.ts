/**
 * A track: a named series of groups with one writer and any number of readers.
 * Writes never wait; each subscription has its own position and only its own
 * losses.
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
  /** Its importance according to the publisher, 0 to 255, higher first. Default 127. */
  readonly priority: number;
  /** How long groups that are not the newest are kept, in milliseconds. Default 5000. */
  readonly maxAgeMs: number;
  /** Timestamp ticks per second. Default 1000. */
  readonly timescale: number;
}

/** The default {@linkcode TrackInfo}. */
export const DEFAULT_TRACK_INFO: TrackInfo = {
  priority: 127,
  maxAgeMs: 5000,
  timescale: 1000,
};

/** Options of {@linkcode TrackConsumer.fetch}. */
export interface FetchOptions {
  /** 0 to 255, higher is sent first. Default 0. */
  readonly priority?: number | undefined;
  /** Ends the wait and the transfer, unless others fetch the same group: abort it when you stop reading. */
  readonly signal?: AbortSignal | undefined;
}

/** The source of a track that is not written here. */
export interface TrackSource {
  /** Requests the track's properties; throws the `MoqError` of a refusal. */
  info(signal?: AbortSignal): Promise<TrackInfo>;
  /** Requests one past group. */
  fetch(sequence: number, options: FetchOptions): Promise<GroupConsumer>;
  /**
   * Fills `track` from its first subscriber until `signal` aborts, when the
   * last one has left. Resolves when the track is complete, throws when it failed.
   */
  run(track: TrackProducer, signal: AbortSignal): Promise<void>;
}

/** A request for the properties, shared by its waiters. */
interface Question {
  refusal?: MoqError;
}

/** Options of {@linkcode Track}. */
export interface TrackOptions {
  /** Holds the groups. */
  readonly cache: Cache;
  /** The share of the cache that the groups count towards. Default the cache's own. */
  readonly share?: CacheShare | undefined;
  /** The properties, if known; otherwise they come from `source` or {@linkcode Track.accept}. */
  readonly info?: TrackInfo | undefined;
  /** The source of groups that are not written here. */
  readonly source?: TrackSource | undefined;
  /** Called when `source` refuses the request for the properties. */
  readonly onRefused?: (() => void) | undefined;
}

/** The state that the producer and the consumers of one track share. */
export class Track implements Subscribable {
  /** The track's name within its broadcast. */
  readonly name: string;
  /** Holds the groups. */
  readonly cache: Cache;
  /** The current groups. */
  readonly groups: TrackGroups = new TrackGroups();
  /** Wakes at arrivals and at the end. */
  readonly latch: Latch = new Latch();
  /** Wakes when the subscribers' demand changes. */
  readonly demandLatch: Latch = new Latch();
  /** All readers. */
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

  /** The properties, if they are known. */
  get knownInfo(): TrackInfo | undefined {
    return this.#info;
  }

  /** Whether it has no readers and no cached groups. */
  get isIdle(): boolean {
    return this.subscriptions.size === 0 && this.groups.isEmpty;
  }

  #wake(): void {
    this.latch.wake();
    for (const subscription of this.subscriptions) subscription.wake();
  }

  /** Sets the properties of a requested track. */
  accept(info: TrackInfo): void {
    this.#info ??= info;
    this.#wake();
  }

  /** The properties; asks the source once for all waiters. Throws the `MoqError` of a refusal, or `signal.reason`. */
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

  /** A new group, or `undefined` if `sequence` already exists and was not cut, or is at or after the end. */
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

  /** Adds a group that is written elsewhere; `false` if its sequence already exists and was not cut, or is at or after the end. */
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

  /** Sets the exclusive end of the sequence. */
  finishAt(final: number): void {
    this.#final ??= final;
    this.#wake();
  }

  /** Ends the track: complete, or with `error`. Existing groups stay readable. Idempotent. */
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
        `Group ${sequence} of track ${JSON.stringify(this.name)} is not cached`,
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
    // A reader that joined while the source was stopping starts it again.
    const [waiting] = this.subscriptions;
    if (waiting) this.join(waiting);
  }
}

/** The error of a track that does not exist. */
export function notFound(name: string): MoqError {
  return new MoqError(
    "not-found",
    `Broadcast has no track ${JSON.stringify(name)}`,
  );
}

/** The write side of a track; made by `BroadcastProducer.createTrack`. */
export class TrackProducer {
  /** The state shared with the consumers. */
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

  /** The number of readers and what they want. */
  get demand(): TrackDemand {
    return wantedBy(this.track);
  }

  /** Starts a group, by default the next in sequence. Throws `TypeError` if `sequence` already exists, and after the end. */
  group(sequence?: number): GroupProducer {
    const next = sequence ?? this.track.groups.highest + 1;
    const group = this.track.begin(next);
    if (!group) throw this.#isOver(next);
    return group;
  }

  /** Writes a group of one frame. */
  writeFrame(frame: Frame): void {
    const group = this.group();
    group.writeFrame(frame);
    group.close();
  }

  /** Writes a group of one frame of UTF-8 text, at `timestamp` in ticks, by default the time of the track's clock. */
  writeText(text: string, timestamp?: number): void {
    const { cache } = this.track;
    const nowTicks = cache.clock.now() * this.info.timescale / 1000;
    const group = this.group();
    group.writeText(text, timestamp ?? Math.round(nowTicks));
    group.close();
  }

  /**
   * Writes a group of one frame that may be lost. It is sent as a datagram if the
   * peer accepts them and it has at most about 1190 bytes, else on a stream, and
   * is never cached. Throws `TypeError` for a negative timestamp, which a
   * datagram cannot represent, and after the end. moq-lite, "Datagrams".
   */
  writeDatagram(frame: Frame): void {
    if (!Number.isSafeInteger(frame.timestamp) || frame.timestamp < 0) {
      throw new TypeError(
        `Expected a timestamp in whole ticks of at least 0, got ${frame.timestamp}`,
      );
    }
    const next = this.track.groups.highest + 1;
    if (!this.track.insertDatagram(next, frame)) throw this.#isOver(next);
  }

  #isOver(sequence: number): TypeError {
    return new TypeError(
      `Cannot start group ${sequence} of track ${
        JSON.stringify(this.name)
      }: the group exists or the track has ended`,
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

/** The shared state behind a consumer, which is private to users. */
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

  /** Groups from the newest one on; ends with the track. */
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
