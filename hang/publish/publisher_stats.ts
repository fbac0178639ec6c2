/**
 * The numbers of a publisher.
 *
 * @module
 */
import type { AudioConfig, VideoConfig } from "../catalog/catalog.ts";

/** One rendition of the picture. */
export interface RenditionStats {
  /** Name of its track. */
  readonly name: string;
  /** Its place in the catalog; `undefined` while it is not offered. */
  readonly config: VideoConfig | undefined;
  /** Whether there is a subscriber. */
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
