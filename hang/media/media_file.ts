/**
 * A media file or stream that mediabunny reads.
 *
 * @module
 */
import { MoqError, sleep, systemClock } from "@moq-deno/lite";
import { abortable, Latch } from "@moq-deno/lite/internal";
import {
  ADTS,
  EncodedPacketSink,
  FLAC,
  Input,
  type InputFormat,
  type InputTrack,
  Logging,
  LogLevel,
  MATROSKA,
  MP3,
  MP4,
  OGG,
  QTFF,
  WAVE,
  WEBM,
} from "mediabunny";
import { stripAdtsHeader } from "./adts.ts";
import { codecProblem, describeTrack } from "./describe.ts";
import { diagnose, explain, unknownCodecs, wordsOf } from "./diagnose.ts";
import type { Media, MediaPacket, MediaTrack } from "./media.ts";
import type { OpenMediaOptions } from "./open_options.ts";
import { type PcmLayout, pcmPieces } from "./pcm.ts";
import { ReadAhead } from "./read_ahead.ts";
import {
  inputSource,
  type MediaSource,
  randomAccessOf,
  SourceFailure,
  type StreamRest,
} from "./source.ts";
import { SteadyTime } from "./steady_time.ts";

// Without HLS: a playlist is not a file, and could make us fetch what it names.
const FORMATS: InputFormat[] = [
  MP4,
  QTFF,
  WEBM,
  MATROSKA,
  MP3,
  OGG,
  ADTS,
  FLAC,
  WAVE,
];

const MAX_TRACKS = 32;
// It prints what it finds odd in a file; here that is in `skipped` and in errors, and files are not to be trusted with the console.
Logging.level = LogLevel.Silent;

// A broadcast goes live within two seconds of its first picture or sound.
/** How long the tracks of a stream that have come wait for the others. */
export const GRACE_MS = 1500;

/** Options of {@linkcode MediaFile}. */
export interface MediaFileOptions extends OpenMediaOptions {
  /** The end of a stream that should be read to its end. */
  readonly unread?: StreamRest | undefined;
}

// Indexes and tags at the end are not read.
const MAX_UNREAD_BYTES = 256 << 10;
const UNREAD_MS = 1000;

/** A track of a file, and where it begins. */
interface Candidate {
  readonly described: MediaTrack;
  readonly firstUs: number;
}

/** Made for each source; closed by who made it. */
export class MediaFile implements Media {
  format = "";
  readonly tracks: MediaTrack[] = [];
  readonly skipped: string[] = [];
  readonly isRewindable: boolean;
  startUs = 0;
  readonly #options: MediaFileOptions;
  readonly #source: MediaSource;
  readonly #failure = new SourceFailure();
  readonly #input: Input;
  readonly #time: SteadyTime | undefined;
  readonly #late: MediaTrack[] = [];
  readonly #latch = new Latch();
  readonly #ahead = new ReadAhead();
  #pending = 0;
  #ended = 0;
  #baseUs = 0;

  constructor(source: MediaSource, options: MediaFileOptions) {
    this.#source = source;
    this.#options = options;
    this.isRewindable = !(source instanceof ReadableStream);
    // A file says itself where everything lies.
    this.#time = this.isRewindable || options.keepsTimes
      ? undefined
      : new SteadyTime({ log: options.log });
    const gated = source instanceof ReadableStream
      ? this.#ahead.of(source)
      : source;
    this.#input = new Input({
      formats: FORMATS,
      source: inputSource(gated, this.#failure),
    });
  }

  async open(): Promise<void> {
    this.format = (await this.#input.getFormat()).name;
    const all = await this.#input.getTracks();
    if (all.length > MAX_TRACKS) {
      this.skipped.push(`Tracks after the first ${MAX_TRACKS} are left out`);
    }
    const come = await this.#come(all.slice(0, MAX_TRACKS));
    if (come.length === 0) await this.#refuse();
    const firstUs = Math.min(...come.map((one) => one.firstUs));
    this.tracks.push(...come.map(({ described }) => described));
    if (this.#options.keepsTimes) this.startUs = Math.max(0, firstUs);
    else this.#baseUs = firstUs;
    await this.#nameLanguages(all);
  }

  /** Which of several tracks is in which language, for who has to choose: a catalog does not say it. */
  async #nameLanguages(all: readonly InputTrack[]): Promise<void> {
    const sounds = all.filter((track) => track.isAudioTrack());
    if (sounds.length < 2) return;
    const languages = await Promise.all(
      sounds.map((track) => track.getLanguageCode()),
    );
    if (languages.every((language) => language === "und")) return;
    this.skipped.push(
      `The languages of the sound, which the catalog does not say: ${
        languages.join(", ")
      }`,
    );
  }

  /** Tracks of a stream of which nothing had come, each as it comes. */
  async *late(signal?: AbortSignal): AsyncGenerator<MediaTrack, void> {
    for (;;) {
      const track = this.#late.shift();
      if (track) yield track;
      else if (this.#pending === 0) return;
      else await abortable(this.#latch.changed(), signal);
    }
  }

  /** The tracks that have something, in their order; those of a stream are not waited for long once one has. */
  async #come(all: readonly InputTrack[]): Promise<readonly Candidate[]> {
    const come: (Candidate | undefined)[] = all.map(() => undefined);
    const failures: unknown[] = [];
    const waiting = new Set(all);
    const first = Promise.withResolvers<void>();
    let isLive = false;
    const run = async (track: InputTrack, index: number): Promise<void> => {
      try {
        const candidate = await this.#candidate(track);
        if (candidate) {
          first.resolve();
          this.#ahead.hold();
        }
        if (!isLive) come[index] = candidate;
        else if (candidate) this.#late.push(candidate.described);
      } catch (error) {
        failures.push(error);
        if (!isLive) this.skipped.push(`${labelOf(track)}: ${wordsOf(error)}`);
      }
      waiting.delete(track);
      if (isLive) this.#pending = waiting.size;
      this.#latch.wake();
    };
    if (this.isRewindable) {
      for (const [index, track] of all.entries()) await run(track, index);
    } else {
      const { clock = systemClock } = this.#options;
      const enough = new AbortController();
      const runs = Promise.all(all.map(run));
      const grace = first.promise.then(() =>
        sleep(clock, GRACE_MS, enough.signal)
      );
      await Promise.race([runs, grace]);
      enough.abort();
    }
    isLive = true;
    this.#pending = waiting.size;
    for (const track of waiting) {
      this.skipped.push(
        `${labelOf(track)} has sent nothing; it joins when it does`,
      );
    }
    const [failure] = failures;
    if (failure && !come.some((one) => one)) throw failure;
    return come.filter((one) => one !== undefined);
  }

  /** A track with where it begins; `undefined` for one that is left out. */
  async #candidate(track: InputTrack): Promise<Candidate | undefined> {
    const described = await this.#describe(track);
    if (!described) return undefined;
    // Of a stream its bytes too, so that one that cannot be read is refused before it is announced.
    const first = await new EncodedPacketSink(track)
      .getFirstPacket({ metadataOnly: this.isRewindable });
    if (first) return { described, firstUs: toUs(first.timestamp) };
    this.skipped.push(`${labelOf(track)} has no packets`);
    return undefined;
  }

  close(): void {
    this.#input.dispose();
  }

  async #refuse(): Promise<never> {
    if (this.skipped.length > 0) throw unknownCodecs(this);
    throw new MoqError(
      "decode",
      `Expected ${this.format} with video or audio, got ${await diagnose(
        randomAccessOf(this.#source),
      )}`,
    );
  }

  async #describe(track: InputTrack): Promise<MediaTrack | undefined> {
    if (!track.isVideoTrack() && !track.isAudioTrack()) return undefined;
    const described = await describeTrack(track, this);
    if (!described) {
      this.skipped.push(await codecProblem(track));
      return undefined;
    }
    if (described.kind === "video") {
      return {
        ...described,
        packets: (signal) => this.#packets(track, { signal }),
      };
    }
    const { kind, config, hasAdts, pcm } = described;
    return {
      kind,
      config,
      packets: (signal) => {
        const packets = this.#packets(track, { signal, hasAdts });
        return pcm === undefined
          ? packets
          : allPcmPieces(packets, { codec: pcm, config });
      },
    };
  }

  /** Says when a stream goes on after its last packet. */
  async #tellUnread(): Promise<void> {
    const { unread, log, clock = systemClock } = this.#options;
    if (!unread) return;
    const enough = new AbortController();
    const isLong = await Promise.race([
      unread.hasMore(MAX_UNREAD_BYTES),
      sleep(clock, UNREAD_MS, enough.signal).then(() => false),
    ]);
    enough.abort();
    if (!isLong) return;
    log?.warn?.("not read to its end", {
      error:
        `Expected ${this.format} to the end of the stream, got other bytes after its last packet: damage, or another file in the same pipe`,
    });
  }

  async *#packets(
    track: InputTrack,
    { signal, hasAdts = false }: {
      readonly signal: AbortSignal | undefined;
      readonly hasAdts?: boolean;
    },
  ): AsyncGenerator<MediaPacket, void> {
    const packets = new EncodedPacketSink(track).packets();
    const leave = this.#ahead.join();
    try {
      for (;;) {
        const next = this.#ahead.wait(packets.next());
        const { value: packet } = await abortable(next, signal);
        if (!packet) break;
        this.#ahead.took(packet.data.byteLength);
        const sample = {
          timestampUs: toUs(packet.timestamp),
          durationUs: toUs(packet.duration),
          isKeyframe: packet.type === "key",
        };
        const atUs = this.#time?.at(track, sample) ?? sample.timestampUs;
        yield {
          ...sample,
          // Pictures before the first keyframe in an open group may lie before the beginning.
          timestampUs: Math.max(0, atUs - this.#baseUs),
          data: hasAdts ? stripAdtsHeader(packet.data) : packet.data,
        };
      }
      this.#failure.check();
      if (++this.#ended === this.tracks.length) await this.#tellUnread();
    } catch (error) {
      signal?.throwIfAborted();
      throw await explain(error, this.#source);
    } finally {
      leave();
      // Not awaited: a source that does not deliver would block the reader that left. It fails when the file is closed.
      packets.return().catch(() => undefined);
    }
  }
}

async function* allPcmPieces(
  packets: AsyncIterable<MediaPacket>,
  layout: PcmLayout,
): AsyncGenerator<MediaPacket, void> {
  for await (const packet of packets) yield* pcmPieces(packet, layout);
}

function labelOf({ id, type }: InputTrack): string {
  return `Track ${id} (${type})`;
}

function toUs(seconds: number): number {
  const us = Math.round(seconds * 1_000_000);
  if (Number.isSafeInteger(us)) return us;
  throw new MoqError("decode", `Expected a time in seconds, got ${seconds}`);
}
