/**
 * A group: an independently decodable run of frames, stored as its bytes on the
 * wire. Writing never waits; any number of readers follow at their own pace
 * without copying.
 *
 * @module
 */
import { ByteLog } from "../bytes/byte_log.ts";
import { readVarint, unzigzag, varintLength } from "../bytes/varint.ts";
import { MoqError } from "../error.ts";
import type { Cache } from "./cache.ts";
import type { Cached, CacheShare } from "./cache_share.ts";
import {
  encodeFrameHeader,
  type Frame,
  FrameScanner,
  MAX_TIMESTAMP,
} from "./frame.ts";

// Memory per frame in addition to its bytes.
const FRAME_OVERHEAD_BYTES = 16;

/** Most bytes in one piece of {@linkcode GroupConsumer.payloads}. */
export const PIECE_BYTES: number = 16 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Properties that a group has from its track. */
export interface GroupOptions {
  /** Counts its bytes, and evicts it. */
  readonly cache: Cache;
  /** The share of the cache that its bytes count towards. Default the cache's own. */
  readonly share?: CacheShare | undefined;
  /** How long it is kept after its last use if it is not the newest, in milliseconds. */
  readonly maxAgeMs: number;
  /** Number of its first frame here. Default 0. */
  readonly frameStart?: number | undefined;
  /** Whether it is one frame that may be lost. Default `false`. */
  readonly isDatagram?: boolean | undefined;
}

/** The write side of one group; made by {@linkcode TrackProducer.group}. */
export class GroupProducer implements Cached {
  /** The group's number within its track. */
  readonly sequence: number;
  /** Number of its first frame here; not 0 if the publisher sent only the tail. */
  readonly frameStart: number;
  /** Whether it is one frame that may be lost: it is sent as a datagram if possible, and never cached. */
  readonly isDatagram: boolean;
  /** The share of the cache that its bytes count towards. */
  readonly share: CacheShare;
  /** The frames as on the wire. */
  readonly log: ByteLog = new ByteLog();
  readonly #scanner = new FrameScanner();
  readonly #cache: Cache;
  #retired: MoqError | undefined;
  #isWhole = false;
  readonly #maxAgeMs: number;
  #touchedMs: number;

  /** Use {@linkcode TrackProducer.group}. */
  constructor(sequence: number, options: GroupOptions) {
    this.sequence = sequence;
    this.frameStart = options.frameStart ?? 0;
    this.isDatagram = options.isDatagram ?? false;
    this.#cache = options.cache;
    this.share = options.share ?? options.cache.ownShare;
    this.#maxAgeMs = options.maxAgeMs;
    this.#touchedMs = options.cache.clock.now();
  }

  /** Complete frames so far. */
  get frameCount(): number {
    return this.#scanner.frameCount;
  }

  /** Timestamp of the first frame, in track ticks. */
  get firstTimestamp(): number | undefined {
    return this.#scanner.firstTimestamp;
  }

  /** Timestamp of the newest frame, in track ticks; `undefined` before the first. */
  get lastTimestamp(): number | undefined {
    return this.firstTimestamp === undefined
      ? undefined
      : this.#scanner.timestamp;
  }

  /** When it expires, in milliseconds of the cache's clock. */
  get expiresMs(): number {
    return this.#touchedMs + this.#maxAgeMs;
  }

  /** Why it was evicted, by the cache or its track. */
  get retired(): MoqError | undefined {
    return this.#retired;
  }

  /** Whether it ends inside a frame so far. */
  get isInsideFrame(): boolean {
    return !this.#scanner.isOnBoundary;
  }

  /** Whether it has ended completely, even if it was evicted since. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Appends a frame. Throws `MoqError("too-large")`, which also ends the group, the `MoqError` of an evicted group, `TypeError` after the end, and `RangeError` for a timestamp beyond ±(2^51-1) ticks. */
  writeFrame(frame: Frame): void {
    const { timestamp, payload } = frame;
    if (!Number.isSafeInteger(timestamp)) {
      throw new TypeError(
        `Expected a timestamp in whole ticks, got ${timestamp}`,
      );
    }
    if (Math.abs(timestamp) > MAX_TIMESTAMP) {
      throw new RangeError(
        `Expected a timestamp within ${MAX_TIMESTAMP} ticks of 0, got ${timestamp}`,
      );
    }
    if (this.#retired) throw this.#retired;
    if (this.log.ended) {
      throw new TypeError(
        `Group ${this.sequence} has ended and takes no more frames`,
      );
    }
    const previous = this.#scanner.timestamp;
    this.append(encodeFrameHeader(timestamp, previous, payload.byteLength));
    this.append(payload);
  }

  /** Appends a frame of UTF-8 text; throws as {@linkcode GroupProducer.writeFrame} does. */
  writeText(
    text: string,
    timestamp: number = this.#scanner.timestamp,
  ): void {
    this.writeFrame({ timestamp, payload: encoder.encode(text) });
  }

  /** Appends bytes of frames as on the wire, split anywhere. Throws `MoqError("too-large")` or `MoqError("decode")`, which also ends the group; ignored after the end. */
  append(chunk: Uint8Array): void {
    if (this.log.ended) return;
    const framesBefore = this.frameCount;
    try {
      this.#scanner.push(chunk);
    } catch (error) {
      if (error instanceof MoqError) this.close(error);
      throw error;
    }
    this.log.append(chunk);
    const frames = this.frameCount - framesBefore;
    this.#cache.grew(this, chunk.byteLength + frames * FRAME_OVERHEAD_BYTES);
  }

  /** Counts bytes that are kept elsewhere as long as the group. */
  account(bytes: number): void {
    this.#cache.grew(this, bytes);
  }

  /** Ends the group: complete, or with `error`. A group that ends inside a frame is never complete. Idempotent. */
  close(error?: MoqError): void {
    if (this.log.ended) return;
    this.touch();
    const cut = !this.isInsideFrame ? undefined : new MoqError(
      "decode",
      `Group ${this.sequence} ends inside frame ${this.frameCount}`,
    );
    this.#isWhole = !error && !cut;
    this.log.close(error ?? cut);
  }

  /** Marks it as used now, which keeps it cached for longer. */
  touch(): void {
    this.#touchedMs = this.#cache.clock.now();
    this.#cache.used(this);
  }

  /** Keeps it as the newest of a track, until as many calls of {@linkcode GroupProducer.unpin}. */
  pin(): void {
    this.#cache.pin(this);
  }

  /** Undoes one {@linkcode GroupProducer.pin}. */
  unpin(): void {
    this.#cache.unpin(this);
  }

  /** Evicts the group and frees its bytes: current readers fail with `error`. Idempotent. */
  retire(error: MoqError): void {
    if (this.#retired) return;
    this.#retired = error;
    this.#cache.released(this);
    this.log.discard(error);
  }

  /**
   * Whether the bytes before `offset` look like a complete group: on a frame
   * boundary, or between a frame's delta and its size. There, a transport
   * without resets must write half a varint to show that the group was cut.
   */
  looksCompleteAt(offset: number): boolean {
    return this.#scanner.isCutAt(offset);
  }

  /** How many frames are complete in the bytes before `offset`. */
  framesBefore(offset: number): number {
    return this.#scanner.framesBefore(offset);
  }

  /** A reader from the first frame. */
  consume(): GroupConsumer {
    return new GroupConsumer(this);
  }

  /** Frame `index`, given the timestamp of the one before; `undefined` while it is incomplete. */
  frame(index: number, previous: number): Frame | undefined {
    const start = this.#scanner.starts[index];
    const end = this.#scanner.starts[index + 1];
    // Frames before one that exceeded a limit were scanned, but not stored.
    if (start === undefined || end === undefined || end > this.log.length) {
      return undefined;
    }
    const head = this.log.slice(start, Math.min(end, start + 16));
    const deltaLength = varintLength(head[0]!);
    const sizeLength = varintLength(head[deltaLength]!);
    return {
      timestamp: previous + unzigzag(readVarint(head, 0)),
      payload: this.log.slice(start + deltaLength + sizeLength, end),
    };
  }
}

/** The group behind a consumer, which is private to users. */
export let groupOf: (consumer: GroupConsumer) => GroupProducer;

/** A reader of one group; any number of them read independently. */
export class GroupConsumer {
  readonly #group: GroupProducer;

  static {
    groupOf = (consumer) => consumer.#group;
  }

  /** Use {@linkcode GroupProducer.consume}. */
  constructor(group: GroupProducer) {
    this.#group = group;
  }

  /** The group's number within its track. */
  get sequence(): number {
    return this.#group.sequence;
  }

  /**
   * The frames from the first on, each once it is complete. Throws the
   * `MoqError` of a cut group, and `signal.reason`. Payloads are views that stay
   * valid.
   */
  frames(signal?: AbortSignal): AsyncGenerator<Frame, void> {
    let index = 0;
    let timestamp = 0;
    return this.#each(() => {
      const frame = this.#group.frame(index, timestamp);
      if (!frame) return undefined;
      index++;
      timestamp = frame.timestamp;
      return frame;
    }, signal);
  }

  /**
   * The concatenated payloads in views of at most {@linkcode PIECE_BYTES}, also
   * of incomplete frames. Unlike {@linkcode GroupConsumer.frames} it assembles no
   * frames, so a slow reader holds little memory. Throws as that does.
   */
  async *payloads(signal?: AbortSignal): AsyncGenerator<Uint8Array, void> {
    const { log } = this.#group;
    const pieces: Uint8Array[] = [];
    const scanner = new FrameScanner({
      frame: () => {},
      payload: (bytes) => pieces.push(bytes),
    });
    let at = 0;
    const runs = this.#each(() => {
      const run = log.view(at)?.subarray(0, PIECE_BYTES);
      if (run) at += run.byteLength;
      return run;
    }, signal);
    for await (const run of runs) {
      scanner.push(run);
      yield* pieces.splice(0);
    }
  }

  /** The frames as text; bytes that are not UTF-8 become U+FFFD. As {@linkcode GroupConsumer.frames}. */
  async *texts(signal?: AbortSignal): AsyncGenerator<string, void> {
    for await (const { payload } of this.frames(signal)) {
      yield decoder.decode(payload);
    }
  }

  /** The results of `next` until the group ends; waits for more bytes while it returns `undefined`. */
  async *#each<T>(
    next: () => T | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<T, void> {
    const { log } = this.#group;
    const release = signal && log.wakeOn(signal);
    try {
      for (;;) {
        signal?.throwIfAborted();
        if (this.#group.retired) throw this.#group.retired;
        const one = next();
        if (one !== undefined) {
          yield one;
        } else if (log.ended) {
          if (log.ended.error) throw log.ended.error;
          return;
        } else {
          await log.changed();
        }
      }
    } finally {
      release?.();
    }
  }
}
