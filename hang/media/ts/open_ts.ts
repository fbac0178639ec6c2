/**
 * MPEG-TS as media: live with the tracks that have come, those that come later
 * join.
 *
 * @module
 */
import {
  asMoqError,
  type Clock,
  Latch,
  type Logger,
  MoqError,
  SILENT,
  sleep,
} from "@moq-deno/lite";
import { abortable } from "../abortable.ts";
import { isAdts, stripAdtsHeader } from "../adts.ts";
import type { Media, MediaPacket, MediaTrack } from "../media.ts";
import { SteadyTime } from "../steady_time.ts";
import { TsDemuxer, type TsStream } from "./demuxer.ts";
import { describeStream, type StreamDescription } from "./describe_stream.ts";
import type { PacketLayout } from "./packets.ts";

// Of tracks that nothing has come of, in a file that can be read fast.
const MAX_PROBE_BYTES = 32 << 20;
// One track waits until the others are read when they have more than this.
const MAX_QUEUED_BYTES = 64 << 20;
// A stream is described soon after its first bytes, however large its chunks are.
const STEP_BYTES = 256 << 10;
// Enough for a steady rate.
const RATE_PIECES = 64;

/** Opens the streams of bytes, one for each time that they are read. */
export type OpenBytes = () => ReadableStream<Uint8Array>;

/** Options of {@linkcode openTs}. */
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

/** Opens MPEG-TS; the caller closes it. Throws `MoqError` that says what it lacks, and `signal.reason`. */
export async function openTs(
  open: OpenBytes,
  options: OpenTsOptions,
): Promise<Media> {
  const pass = new TsPass(open(), options);
  const media = new TsMedia(pass, { ...options, open });
  try {
    await media.begin();
    return media;
  } catch (error) {
    media.close();
    throw error;
  }
}

/** A stream that is described. */
interface Described {
  readonly stream: TsStream;
  readonly description: StreamDescription;
}

/** One time through the bytes. */
class TsPass {
  readonly demuxer: TsDemuxer;
  readonly described: Described[] = [];
  readonly latch = new Latch();
  hasEnded = false;
  bytes = 0;
  /** Whether somebody takes tracks that come now. */
  isOpen = true;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #options: OpenTsOptions;
  #reading: Promise<void> | undefined;

  constructor(
    stream: ReadableStream<Uint8Array>,
    options: OpenTsOptions & { readonly onlyPid?: number },
  ) {
    const { layout, log, keepsTimes, onlyPid } = options;
    this.#reader = stream.getReader();
    this.#options = options;
    const time = keepsTimes ? undefined : new SteadyTime({ log });
    const headPieces = options.isRewindable ? RATE_PIECES : 1;
    this.demuxer = new TsDemuxer(layout, { time, log, onlyPid, headPieces });
  }

  close(): void {
    // Nobody waits for what a stream does with its end.
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
        else if (isPlainAdts(packet.data)) {
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
        const { message } = asMoqError(error);
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

class TsMedia implements Media {
  readonly format = "MPEG Transport Stream";
  readonly tracks: MediaTrack[] = [];
  readonly skipped: string[] = [];
  readonly isRewindable: boolean;
  startUs = 0;
  readonly #pass: TsPass;
  readonly #options: OpenTsOptions & { readonly open: OpenBytes };
  readonly #passes = new Set<TsPass>();
  #baseUs = 0;

  constructor(
    pass: TsPass,
    options: OpenTsOptions & { readonly open: OpenBytes },
  ) {
    this.#pass = pass;
    this.#passes.add(pass);
    this.#options = options;
    this.isRewindable = options.isRewindable;
  }

  async begin(): Promise<void> {
    await this.#untilLive();
    const { demuxer, described } = this.#pass;
    this.skipped.push(...demuxer.skipped, ...this.#silent());
    if (described.length === 0) this.#refuse();
    const firsts = described.flatMap(({ stream: { queue } }) =>
      queue.slice(0, 1)
    );
    const firstUs = Math.min(...firsts.map(({ timestampUs }) => timestampUs));
    if (this.#options.keepsTimes) this.startUs = Math.max(0, firstUs);
    else this.#baseUs = firstUs;
    for (const one of described.sort(byPlace(demuxer.streams))) {
      this.tracks.push(this.#track(one));
    }
    this.#pass.isOpen = false;
    // What was read is read again, by each track on its own.
    if (this.isRewindable) this.#end(this.#pass);
  }

  close(): void {
    for (const pass of this.#passes) this.#end(pass);
  }

  /** Tracks that were silent when it was opened, each as it comes. */
  async *late(signal?: AbortSignal): AsyncGenerator<MediaTrack, void> {
    if (this.isRewindable) return;
    const { described, latch } = this.#pass;
    this.#pass.isOpen = true;
    for (let at = this.tracks.length;; at++) {
      while (at >= described.length) {
        if (this.#pass.hasEnded) return;
        await abortable(latch.changed(), signal);
      }
      yield this.#track(described[at]!);
    }
  }

  /** Reads until all tracks have come, or those that have were alone for long enough. */
  async #untilLive(): Promise<void> {
    const { clock, graceMs, signal } = this.#options;
    const pass = this.#pass;
    const enough = new AbortController();
    let grace: Promise<void> | undefined;
    try {
      while (!pass.hasEnded && !this.#isComplete()) {
        if (pass.described.length > 0) {
          if (this.isRewindable && pass.bytes > MAX_PROBE_BYTES) return;
          if (pass.demuxer.queuedBytes > MAX_QUEUED_BYTES) return;
          grace ??= sleep(clock, graceMs, enough.signal);
        } else if (pass.bytes > MAX_PROBE_BYTES) return;
        const isOver = await abortable(
          grace && !this.isRewindable
            ? Promise.race([
              pass.read().then(() => false),
              grace.then(() => true),
            ])
            : pass.read().then(() => false),
          signal,
        );
        if (isOver) return;
      }
    } finally {
      grace?.catch(() => undefined); // ended below
      enough.abort();
    }
  }

  #isComplete(): boolean {
    const { demuxer } = this.#pass;
    return demuxer.hasTable && demuxer.streams.every(({ head }) => !head);
  }

  #silent(): string[] {
    const then = this.isRewindable
      ? `of which the first ${this.#pass.bytes} bytes have nothing`
      : "of which nothing has come; it joins when something does";
    return this.#pass.demuxer.streams.filter(({ head }) => head).map((
      { declared, name, isScrambled },
    ) =>
      `Track ${declared.pid} is ${name}, ${
        isScrambled ? "which is encrypted" : then
      }`
    );
  }

  #refuse(): never {
    if (this.skipped.length > 0) {
      throw new MoqError(
        "unsupported",
        `Expected ${this.format} with a known codec, got none: ${
          this.skipped.join("; ")
        }`,
      );
    }
    throw new MoqError(
      "decode",
      `Expected ${this.format} with a table of its streams and a keyframe, got ${this.#pass.bytes} bytes without`,
    );
  }

  #track(one: Described): MediaTrack {
    const packets = (signal?: AbortSignal) => this.#packets(one, signal);
    return one.description.kind === "video"
      ? { ...one.description, rotation: 0, packets }
      : { kind: "audio", config: one.description.config, packets };
  }

  async *#packets(
    one: Described,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<MediaPacket, void> {
    const pass = this.isRewindable ? this.#passOf(one) : this.#pass;
    try {
      const own = pass === this.#pass
        ? one
        : await ownIn(pass, { one, signal });
      if (!own) return;
      for await (const packet of pass.packets(own, signal)) {
        const timestampUs = Math.max(0, packet.timestampUs - this.#baseUs);
        yield { ...packet, timestampUs };
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw asMoqError(error, "decode");
    } finally {
      if (this.isRewindable) this.#end(pass);
    }
  }

  /** Another time through the bytes, of which one track is kept. */
  #passOf({ stream }: Described): TsPass {
    const isFirst = stream === this.#pass.described[0]!.stream;
    const pass = new TsPass(this.#options.open(), {
      ...this.#options,
      onlyPid: stream.declared.pid,
      log: isFirst ? this.#options.log : SILENT, // all would say the same
    });
    pass.isOpen = false;
    this.#passes.add(pass);
    return pass;
  }

  #end(pass: TsPass): void {
    pass.close();
    this.#passes.delete(pass);
  }
}

/** The same stream in another time through the bytes. */
async function ownIn(
  pass: TsPass,
  { one, signal }: {
    readonly one: Described;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Described | undefined> {
  const { pid } = one.stream.declared;
  for (;;) {
    const stream = pass.demuxer.streams.find(({ declared }) =>
      declared.pid === pid
    );
    if (stream) return { ...one, stream };
    if (pass.hasEnded) return undefined;
    await abortable(pass.read(), signal);
  }
}

/** Whether the header is one that can be taken off: the cutter lets pass what only resembles one. */
function isPlainAdts(data: Uint8Array): boolean {
  return isAdts(data) && (data[6]! & 3) === 0;
}

function byPlace(
  streams: readonly TsStream[],
): (one: Described, other: Described) => number {
  return (one, other) =>
    streams.indexOf(one.stream) - streams.indexOf(other.stream);
}
