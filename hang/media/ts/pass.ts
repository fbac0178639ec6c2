/**
 * One time through the bytes of a transport stream, for all tracks that read it.
 *
 * @module
 */
import type { Clock, Logger } from "@moq-deno/lite";
import { abortable, Latch, messageOf } from "@moq-deno/lite/internal";
import { isAdts, stripAdtsHeader } from "../adts.ts";
import type { MediaPacket } from "../media.ts";
import { SteadyTime } from "../steady_time.ts";
import { TsDemuxer, type TsStream } from "./demuxer.ts";
import type { TrackDescription } from "../describe.ts";
import { describeStream } from "./describe_stream.ts";
import type { PacketLayout } from "./packets.ts";

/** One track waits until the others are read when they have more than this. */
export const MAX_QUEUED_BYTES = 64 << 20;
// A stream is described soon after its first bytes, however large its chunks are.
const STEP_BYTES = 256 << 10;
// Enough for a steady rate.
const RATE_PIECES = 64;

/** Options of `openTs`. */
export interface OpenTsOptions {
  /** Where its packets are. */
  readonly layout: PacketLayout;
  /** Whether it can be read from the beginning more than once. */
  readonly isRewindable: boolean;
  /** Leaves timestamps as they are. */
  readonly keepsTimes: boolean;
  /** How long tracks that have come wait for the others when it is opened. */
  readonly graceMs: number;
  /** Measures that. */
  readonly clock: Clock;
  /** Hears of damage and of clocks that jump. */
  readonly log: Logger;
  /** Ends the wait. */
  readonly signal: AbortSignal | undefined;
}

/** A stream that is described. */
export interface Described {
  readonly stream: TsStream;
  readonly description: TrackDescription;
}

/** One time through the bytes. */
export class TsPass {
  readonly demuxer: TsDemuxer;
  readonly described: Described[] = [];
  readonly latch = new Latch();
  hasEnded = false;
  bytes = 0;
  /** Whether tracks that come now are taken. */
  isOpen = true;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #options: OpenTsOptions;
  #reading: Promise<void> | undefined;

  constructor(
    stream: ReadableStream<Uint8Array>,
    options: OpenTsOptions & { readonly only?: number },
  ) {
    const { layout, log, keepsTimes, only } = options;
    this.#reader = stream.getReader();
    this.#options = options;
    const time = keepsTimes
      ? undefined
      : new SteadyTime({ isInterleaved: true, log });
    const headPieces = options.isRewindable ? RATE_PIECES : 1;
    this.demuxer = new TsDemuxer(layout, { time, log, only, headPieces });
  }

  close(): void {
    // Not awaited: what a stream does with its end is its own.
    this.#reader.cancel().catch(() => undefined);
  }

  /** Reads on, once for all tracks that wait. */
  async read(): Promise<void> {
    this.#reading ??= this.#readOne().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  async *packets(
    { stream, description }: Described,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<MediaPacket, void> {
    const hasAdts = description.kind === "audio" && description.hasAdts;
    for (;;) {
      signal?.throwIfAborted();
      const packet = this.demuxer.take(stream);
      if (packet) {
        this.latch.wake();
        if (!hasAdts) yield packet;
        // The cutter also passes bytes that only resemble a header: take off those of one frame.
        else if (isAdts(packet.data) && (packet.data[6]! & 3) === 0) {
          yield { ...packet, data: stripAdtsHeader(packet.data) };
        }
      } else if (this.hasEnded) return;
      else if (this.demuxer.queuedBytes > MAX_QUEUED_BYTES) {
        await abortable(this.latch.changed(), signal);
      } else await abortable(this.read(), signal);
    }
  }

  async #readOne(): Promise<void> {
    const { value, done } = await this.#reader.read();
    if (done) this.demuxer.end();
    else {
      this.bytes += value.byteLength;
      for (let at = 0; at < value.byteLength; at += STEP_BYTES) {
        this.demuxer.push(value.subarray(at, at + STEP_BYTES));
        await this.#describe(false);
      }
    }
    if (done) await this.#describe(true);
    this.hasEnded = done;
    this.latch.wake();
  }

  async #describe(isEnd: boolean): Promise<void> {
    const { isRewindable } = this.#options;
    if (!this.isOpen) return;
    for (const stream of this.demuxer.streams) {
      const { head: packets, isHeadFull, declared, queue } = stream;
      if (!packets || queue.length === 0 || !(isHeadFull || isEnd)) continue;
      stream.head = undefined;
      try {
        const options = { packets, isRewindable };
        const description = await describeStream(declared, options);
        this.described.push({ stream, description });
      } catch (error) {
        const message = messageOf(error);
        this.demuxer.leaveOut(
          stream,
          `Track ${declared.pid} (${stream.name}): ${
            message.split(/\.(?:\s|$)|\n/)[0]
          }`,
        );
      }
    }
  }
}
