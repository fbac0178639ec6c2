/**
 * A broadcast: tracks from one publisher under one path.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import { Latch } from "../latch.ts";
import { beginningOf, isLonger, MAX_NAME_BYTES } from "../path.ts";
import { Cache } from "./cache.ts";
import type { CacheShare } from "./cache_share.ts";
import {
  DEFAULT_TRACK_INFO,
  Track,
  TrackConsumer,
  type TrackInfo,
  TrackProducer,
  type TrackSource,
} from "./track.ts";

/** Where the tracks of a broadcast come from when nobody writes them here. */
export interface BroadcastSource {
  /** Where the track of this name comes from. */
  track(name: string): TrackSource;
}

/** A track somebody asked for that nobody has created; answer it or it waits. */
export interface TrackRequest {
  /** The name asked for. */
  readonly name: string;
  /** Creates the track. */
  accept(info?: Partial<TrackInfo>): TrackProducer;
  /** Refuses it, `"not-found"` unless `error` says otherwise. */
  reject(error?: MoqError): void;
}

/** Options of {@linkcode BroadcastProducer} and {@linkcode Broadcast}. */
export interface BroadcastOptions {
  /** Accounts for the groups. Default a cache of its own. */
  readonly cache?: Cache | undefined;
  /** The share of the cache that the groups count against. Default the cache's own. */
  readonly share?: CacheShare | undefined;
  /** Where tracks come from, unless they are created here. */
  readonly source?: BroadcastSource | undefined;
}

/** Names remembered before those that nobody uses are forgotten. */
const MANY_TRACKS = 64;
/** Requests for unknown tracks that may wait for an answer. */
const MAX_REQUESTS = 256;

/** What the producer and the consumers of one broadcast share. */
export class Broadcast {
  /** Accounts for the groups. */
  readonly cache: Cache;
  /** Resolves when the broadcast has ended, with the error if it failed. */
  readonly closed: Promise<MoqError | undefined>;
  /** Track names that were asked for and not created yet. */
  readonly requested: string[] = [];
  /** Wakes at requests and at the end. */
  readonly latch: Latch = new Latch();
  /** How many answer requests for unknown tracks. */
  servers = 0;
  readonly #share: CacheShare | undefined;
  readonly #source: BroadcastSource | undefined;
  readonly #tracks: Map<string, Track> = new Map();
  readonly #end = Promise.withResolvers<MoqError | undefined>();
  #manyTracks = MANY_TRACKS;
  #ended = false;
  #error: MoqError | undefined;

  /** Use {@linkcode BroadcastProducer}. */
  constructor(options: BroadcastOptions = {}) {
    this.cache = options.cache ?? new Cache();
    this.#share = options.share;
    this.#source = options.source;
    this.closed = this.#end.promise;
  }

  /** Whether the broadcast has ended. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The track of this name as it is, without asking anybody for it. */
  existing(name: string): Track | undefined {
    return this.#tracks.get(name);
  }

  /** The track of this name; one that nobody has is closed with `"not-found"`. */
  track(name: string): Track {
    if (isLonger(name, MAX_NAME_BYTES)) return this.#tooLong(name);
    const present = this.#tracks.get(name);
    if (present && !(this.#source && present.ended)) return present;
    if (this.#tracks.size >= this.#manyTracks) this.forgetIdle();
    const track = this.add(name, {});
    if (this.#ended) {
      track.close(this.#error ?? new MoqError("closed", "Broadcast has ended"));
    } else if (!this.#source && this.servers === 0) {
      this.remove(name);
      track.close(
        new MoqError(
          "not-found",
          `Expected a track named ${name}, the broadcast has none`,
        ),
      );
    } else if (!this.#source && this.#unanswered > MAX_REQUESTS) {
      this.remove(name);
      track.close(
        new MoqError(
          "lagged",
          `Expected at most ${MAX_REQUESTS} tracks that wait for their publisher, got more`,
        ),
      );
    } else if (!this.#source) {
      this.requested.push(name);
      this.latch.wake();
    }
    return track;
  }

  #tooLong(name: string): Track {
    const track = new Track(name, { cache: this.cache });
    track.close(new MoqError("not-found", tooLong(name)));
    return track;
  }

  get #unanswered(): number {
    let count = 0;
    for (const track of this.#tracks.values()) {
      if (!track.knownInfo && !track.ended) count++;
    }
    return count;
  }

  /** Adds a track; replaces one of the same name. */
  add(name: string, options: { readonly info?: TrackInfo }): Track {
    this.#tracks.get(name)?.groups.release();
    const track: Track = new Track(name, {
      cache: this.cache,
      share: this.#share,
      info: options.info,
      source: this.#source?.track(name),
      onRefused: () => {
        // A peer can ask for any number of names that do not exist.
        if (this.#tracks.get(name) === track && track.isIdle) this.remove(name);
      },
    });
    this.#tracks.set(name, track);
    return track;
  }

  /** Forgets the track of this name; who reads it goes on. */
  remove(name: string): void {
    this.#tracks.get(name)?.groups.release();
    this.#tracks.delete(name);
  }

  /** Whether somebody reads one of its tracks. */
  get isRead(): boolean {
    for (const { subscriptions } of this.#tracks.values()) {
      if (subscriptions.size > 0) return true;
    }
    return false;
  }

  /** Whether nobody reads any of its tracks and none of its groups is cached. */
  get isIdle(): boolean {
    for (const track of this.#tracks.values()) {
      if (!track.isIdle) return false;
    }
    return true;
  }

  /** Removes tracks without readers and without cached groups, unless this program writes them. */
  forgetIdle(): void {
    if (!this.#source) return;
    for (const [name, track] of this.#tracks) {
      if (track.isIdle) this.remove(name);
    }
    // With many in use, a scan for every new one would be quadratic.
    this.#manyTracks = Math.max(MANY_TRACKS, this.#tracks.size * 2);
  }

  /** Ends the broadcast and its tracks: complete, or with `error`. Idempotent. */
  close(error?: MoqError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    for (const track of this.#tracks.values()) {
      track.close(error);
      track.groups.release();
    }
    this.#tracks.clear();
    this.#end.resolve(error);
    this.latch.wake();
  }
}

/** The write side of a broadcast: create tracks, write groups, publish it under a path. */
export class BroadcastProducer {
  /** What it shares with the consumers. */
  readonly broadcast: Broadcast;

  /** A broadcast without tracks. */
  constructor(options: Omit<BroadcastOptions, "source"> = {}) {
    this.broadcast = new Broadcast(options);
  }

  /** Resolves when the broadcast has ended, with the error if it failed; never rejects. */
  get closed(): Promise<MoqError | undefined> {
    return this.broadcast.closed;
  }

  /** Creates a track; properties left out take their defaults. Throws `TypeError` when an open track has the name, `RangeError` for one over 1024 bytes. */
  createTrack(name: string, info: Partial<TrackInfo> = {}): TrackProducer {
    if (isLonger(name, MAX_NAME_BYTES)) throw new RangeError(tooLong(name));
    const present = this.broadcast.existing(name);
    const complete = { ...DEFAULT_TRACK_INFO, ...info };
    if (present?.knownInfo && !present.ended) {
      throw new TypeError(
        `Expected a track name not in use, got ${JSON.stringify(name)}`,
      );
    }
    if (present && !present.ended) {
      present.accept(complete);
      return new TrackProducer(present);
    }
    return new TrackProducer(this.broadcast.add(name, { info: complete }));
  }

  /** Forgets a track, so that it can be created again; who reads it goes on. */
  removeTrack(name: string): void {
    this.broadcast.remove(name);
  }

  /** Tracks asked for that do not exist. Without anybody iterating, asking for one is refused at once. */
  async *requests(signal?: AbortSignal): AsyncGenerator<TrackRequest, void> {
    const { broadcast } = this;
    const release = signal && broadcast.latch.wakeOn(signal);
    broadcast.servers++;
    try {
      for (;;) {
        signal?.throwIfAborted();
        const name = broadcast.requested.shift();
        if (name !== undefined) yield this.#request(name);
        else if (broadcast.ended) return;
        else await broadcast.latch.changed();
      }
    } finally {
      release?.();
      broadcast.servers--;
    }
  }

  #request(name: string): TrackRequest {
    return {
      name,
      accept: (info) => this.createTrack(name, info),
      reject: (error) => {
        const track = this.broadcast.existing(name);
        this.broadcast.remove(name);
        track?.close(
          error ??
            new MoqError("not-found", `Publisher refused the track ${name}`),
        );
      },
    };
  }

  /** A read side. */
  consume(): BroadcastConsumer {
    return new BroadcastConsumer(this.broadcast);
  }

  /** Ends the broadcast and all its tracks. Idempotent. */
  close(error?: MoqError): void {
    this.broadcast.close(error);
  }
}

/** What a read side shares with the producer, which its users cannot reach. */
export let broadcastBehind: (consumer: BroadcastConsumer) => Broadcast;

/** The read side of a broadcast. */
export class BroadcastConsumer {
  readonly #broadcast: Broadcast;

  static {
    broadcastBehind = (consumer) => consumer.#broadcast;
  }

  /** Use `Origin.consume`, `Session.consume` or {@linkcode BroadcastProducer.consume}. */
  constructor(broadcast: Broadcast) {
    this.#broadcast = broadcast;
  }

  /** Resolves when the broadcast has ended, with the error if it failed; never rejects. */
  get closed(): Promise<MoqError | undefined> {
    return this.#broadcast.closed;
  }

  /** The track of this name. One that does not exist shows when it is used: `MoqError("not-found")`. */
  track(name: string): TrackConsumer {
    return new TrackConsumer(this.#broadcast.track(name));
  }
}

function tooLong(name: string): string {
  return `Expected a track name of at most ${MAX_NAME_BYTES} bytes, got a longer one: ${
    beginningOf(name)
  }`;
}
