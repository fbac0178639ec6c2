/**
 * The numbers of a publisher.
 *
 * @module
 */
import { protocolOf, type Session } from "@moq-deno/lite";
import type { AudioConfig, VideoConfig } from "../catalog/catalog.ts";
import type { AudioRendition } from "./audio_rendition.ts";
import type { VideoRendition } from "./video_rendition.ts";

const WINDOW_MS = 2000;

/** One rendition of the picture. */
export interface RenditionStats {
  /** Name of its track. */
  readonly name: string;
  /** Its place in the catalog; `undefined` while it is not offered. */
  readonly config: VideoConfig | undefined;
  /** Whether somebody subscribes. */
  readonly isWanted: boolean;
  /** Bits per second that the encoder is set to; 0 while it rests. */
  readonly bitrateBps: number;
  /** Pictures given to the encoder since the beginning. */
  readonly encodedFrames: number;
  /** Pictures not encoded because the encoder was behind. */
  readonly droppedFrames: number;
  /** Bytes written. */
  readonly bytes: number;
}

/** Numbers for people and programs. */
export interface PublisherStats {
  /** Pictures that came from the source. */
  readonly capturedFrames: number;
  /** Pictures that came from the source per second, over the last two seconds. */
  readonly framesPerSecond: number;
  /** The renditions of the picture. */
  readonly video: readonly RenditionStats[];
  /** The sound as the catalog says it; `undefined` while there is none. */
  readonly audio: AudioConfig | undefined;
  /** Pieces of sound given to the encoder since the beginning. */
  readonly encodedPieces: number;
  /** Everything written, in bits per second over the last two seconds. */
  readonly bitrateBps: number;
  /** What the path lets us encode, in bits per second; `Infinity` while it is no limit. */
  readonly budgetBps: number;
  /** The round trip to the relay in milliseconds, when it is known. */
  readonly rttMs: number | undefined;
  /** The draft spoken, as in "moq-lite-05"; `undefined` while not connected. */
  readonly protocol: string | undefined;
}

/** What is counted. */
interface PublisherCounters {
  /** Pictures that came from the source. */
  readonly capturedFrames: number;
  /** The renditions. */
  readonly video: readonly VideoRendition[];
  /** The sound. */
  readonly audio: AudioRendition;
}

/** What the numbers are made from. */
interface PublisherStatsSources extends PublisherCounters {
  /** The session that is up. */
  readonly session: Session | undefined;
  /** What the path lets us encode. */
  readonly budgetBps: number;
}

interface Mark {
  readonly atMs: number;
  readonly bytes: number;
  readonly capturedFrames: number;
}

/** Turns counters into rates. */
export class PublisherStatsMeter {
  readonly #marks: Mark[] = [];

  /** Takes note of the counters; a few times a second. */
  sample(atMs: number, counters: PublisherCounters): void {
    const { capturedFrames } = counters;
    this.#marks.push({ atMs, capturedFrames, bytes: bytesOf(counters) });
    while (atMs - this.#marks[0]!.atMs > WINDOW_MS) this.#marks.shift();
  }

  /** The numbers now. */
  read(sources: PublisherStatsSources): PublisherStats {
    const { capturedFrames, audio, session, budgetBps } = sources;
    return {
      capturedFrames,
      framesPerSecond: this.#perSecond("capturedFrames"),
      video: sources.video.map(renditionStats),
      audio: audio.config.peek(),
      encodedPieces: audio.encodedPieces,
      bitrateBps: this.#perSecond("bytes") * 8,
      budgetBps,
      rttMs: session?.path.rttMs,
      protocol: session && protocolOf(session.version),
    };
  }

  #perSecond(counter: "bytes" | "capturedFrames"): number {
    const [first] = this.#marks;
    const last = this.#marks.at(-1);
    if (!first || !last || first === last) return 0;
    const seconds = (last.atMs - first.atMs) / 1000;
    return (last[counter] - first[counter]) / seconds;
  }
}

function bytesOf({ video, audio }: PublisherCounters): number {
  return video.reduce((sum, { bytes }) => sum + bytes, audio.bytes);
}

function renditionStats(rendition: VideoRendition): RenditionStats {
  const { name, bitrateBps, encodedFrames, droppedFrames, bytes } = rendition;
  return {
    name,
    config: rendition.config.peek(),
    isWanted: rendition.isWanted.peek(),
    bitrateBps,
    encodedFrames,
    droppedFrames,
    bytes,
  };
}
