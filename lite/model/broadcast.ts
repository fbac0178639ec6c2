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
  notFound,
  Track,
  TrackConsumer,
  type TrackInfo,
  TrackProducer,
  type TrackSource,
} from "./track.ts";

/** The source of tracks that are not written here. */
export interface BroadcastSource {
  /** The source of the track with this name. */
  track(name: string): TrackSource;
}

/** A request for a track that does not exist; answer it, or the reader keeps waiting. */
export interface TrackRequest {
  /** The requested name. */
  readonly name: string;
  /** Creates the track. */
  accept(info?: Partial<TrackInfo>): TrackProducer;
  /** Refuses the request, with `"not-found"` unless `error` is given. */
  reject(error?: MoqError): void;
}

/** Options of {@linkcode BroadcastProducer} and {@linkcode Broadcast}. */
export interface BroadcastOptions {
  /** Holds the groups. Default its own. */
  readonly cache?: Cache | undefined;
  /** The share of the cache that the groups count towards. Default the cache's own. */
  readonly share?: CacheShare | undefined;
  /** The source of tracks that are not created here. */
  readonly source?: BroadcastSource | undefined;
}

/** Tracks kept before unused ones are removed. */
const MANY_TRACKS = 64;
/** Limit of unanswered requests for unknown tracks. */
const MAX_REQUESTS = 256;

/** The state that the producer and the consumers of one broadcast share. */
export class Broadcast {
  /** Holds the groups. */
  readonly cache: Cache;
  /** Resolves when the broadcast has ended, with the error if it failed. */
  readonly closed: Promise<MoqError | undefined>;
  /** Names of tracks that were requested and not created yet. */
  readonly requested: string[] = [];
  /** Wakes at requests and at the end. */
  readonly latch: Latch = new Latch();
  /** Number of loops that answer requests for unknown tracks. */
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

  /** The track with this name, if it exists; does not request it. */
  existing(name: string): Track | undefined {
    return this.#tracks.get(name);
  }

  /** The track with this name; an unknown one is requested, or closed with `"not-found"` if no loop answers requests. */
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
      track.close(notFound(name));
    } else if (!this.#source && this.#unanswered > MAX_REQUESTS) {
      this.remove(name);
      track.close(
        new MoqError(
          "lagged",
          `More than ${MAX_REQUESTS} track requests wait for the publisher`,
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
        // A peer can request any number of names that do not exist.
        if (this.#tracks.get(name) === track && track.isIdle) this.remove(name);
      },
    });
    this.#tracks.set(name, track);
    return track;
  }

  /** Removes the track with this name; its readers continue. */
  remove(name: string): void {
    this.#tracks.get(name)?.groups.release();
    this.#tracks.delete(name);
  }

  /** Whether any of its tracks has readers. */
  get isRead(): boolean {
    for (const { subscriptions } of this.#tracks.values()) {
      if (subscriptions.size > 0) return true;
    }
    return false;
  }

  /** Whether none of its tracks has readers or cached groups. */
  get isIdle(): boolean {
    for (const track of this.#tracks.values()) {
      if (!track.isIdle) return false;
    }
    return true;
  }

  /** Removes tracks without readers and cached groups, unless this program writes them. */
  forgetIdle(): void {
    if (!this.#source) return;
    for (const [name, track] of this.#tracks) {
      if (track.isIdle) this.remove(name);
    }
    // With many in use, scanning for every new one would be quadratic.
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
  /** The state shared with the consumers. */
  readonly broadcast: Broadcast;

  /** A broadcast without tracks. */
  constructor(options: Omit<BroadcastOptions, "source"> = {}) {
    this.broadcast = new Broadcast(options);
  }

  /** Resolves when the broadcast has ended, with the error if it failed; never rejects. */
  get closed(): Promise<MoqError | undefined> {
    return this.broadcast.closed;
  }

  /** Creates a track, with defaults for missing properties. Throws `TypeError` if an open track has this name, `RangeError` for a name over 1024 bytes. */
  createTrack(name: string, info: Partial<TrackInfo> = {}): TrackProducer {
    if (isLonger(name, MAX_NAME_BYTES)) throw new RangeError(tooLong(name));
    const present = this.broadcast.existing(name);
    const complete = { ...DEFAULT_TRACK_INFO, ...info };
    if (present?.knownInfo && !present.ended) {
      throw new TypeError(
        `Track ${JSON.stringify(name)} already exists`,
      );
    }
    if (present && !present.ended) {
      present.accept(complete);
      return new TrackProducer(present);
    }
    return new TrackProducer(this.broadcast.add(name, { info: complete }));
  }

  /** Removes a track, so that it can be created again; its readers continue. */
  removeTrack(name: string): void {
    this.broadcast.remove(name);
  }

  /** Requests for tracks that do not exist. While no loop iterates this, such requests are refused at once. */
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
            new MoqError(
              "not-found",
              `Publisher refused track ${JSON.stringify(name)}`,
            ),
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

/** The shared state behind a consumer, which is private to users. */
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

  /** The track with this name. If it does not exist, using it throws `MoqError("not-found")`. */
  track(name: string): TrackConsumer {
    return new TrackConsumer(this.#broadcast.track(name));
  }
}

function tooLong(name: string): string {
  return `Track name exceeds ${MAX_NAME_BYTES} bytes: ${beginningOf(name)}`;
}
