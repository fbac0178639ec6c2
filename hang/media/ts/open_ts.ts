/**
 * MPEG-TS as media: live with the tracks that have come, those that come later
 * join.
 *
 * @module
 */
import { MoqError, sleep } from "@moq-deno/lite";
import { abortable, asMoqError, SILENT } from "@moq-deno/lite/internal";
import { unknownCodecs } from "../diagnose.ts";
import type { Media, MediaPacket, MediaTrack } from "../media.ts";
import {
  type Described,
  MAX_QUEUED_BYTES,
  type OpenTsOptions,
  TsPass,
} from "./pass.ts";

// Of tracks that nothing has come of, in a file that can be read fast.
const MAX_PROBE_BYTES = 32 << 20;
/** Opens the streams of bytes, one for each time that they are read. */
type OpenBytes = () => ReadableStream<Uint8Array>;

/** Opens MPEG-TS; the caller closes it. Throws `MoqError` that says what it lacks, and `signal.reason`. */
export async function openTs(
  open: OpenBytes,
  options: OpenTsOptions,
): Promise<Media> {
  // What is read again to its end is named then.
  const log = options.isRewindable ? SILENT : options.log;
  const pass = new TsPass(open(), { ...options, log });
  const media = new TsMedia(pass, { ...options, open });
  try {
    await media.begin();
    return media;
  } catch (error) {
    media.close();
    throw error;
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
    const placeOf = ({ stream }: Described): number =>
      demuxer.streams.indexOf(stream);
    described.sort((one, other) => placeOf(one) - placeOf(other));
    for (const one of described) this.tracks.push(this.#track(one));
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
    if (this.skipped.length > 0) throw unknownCodecs(this);
    throw new MoqError(
      "decode",
      `Expected ${this.format} with a table of its streams and a keyframe, got ${this.#pass.bytes} bytes without`,
    );
  }

  #track(one: Described): MediaTrack {
    const packets = (signal?: AbortSignal) => this.#packets(one, signal);
    return one.description.kind === "video"
      ? { ...one.description, packets }
      : { kind: "audio", config: one.description.config, packets };
  }

  async *#packets(
    one: Described,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<MediaPacket, void> {
    // A number may pass to another codec in the middle: the place is what tells streams apart.
    const place = this.#pass.demuxer.streams.indexOf(one.stream);
    const pass = this.isRewindable ? this.#passOf(place) : this.#pass;
    try {
      const own = pass === this.#pass
        ? one
        : await ownIn(pass, { one, place, signal });
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
  #passOf(place: number): TsPass {
    const { described, demuxer } = this.#pass;
    const isFirst = demuxer.streams[place] === described[0]!.stream;
    const pass = new TsPass(this.#options.open(), {
      ...this.#options,
      only: place,
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
  { one, place, signal }: {
    readonly one: Described;
    readonly place: number;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Described | undefined> {
  for (;;) {
    const stream = pass.demuxer.streams[place];
    if (stream) return { ...one, stream };
    if (pass.hasEnded) return undefined;
    await abortable(pass.read(), signal);
  }
}
