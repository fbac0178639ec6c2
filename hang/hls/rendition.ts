/**
 * What the HLS server needs of a rendition, live or recorded.
 *
 * @module
 */
import type { AudioConfig, VideoConfig } from "../catalog/catalog.ts";

/** Part of the URIs of a rendition. */
export type HlsKind = "video" | "audio";

/** One rendition that can be played. */
export interface HlsRendition {
  /** What it carries. */
  readonly kind: HlsKind;
  /** Its track. */
  readonly name: string;
  /** What the catalog says of it now. */
  readonly config: VideoConfig | AudioConfig;
  /** Bits per second of its densest segment, as far as one is known. */
  readonly peakBps: number | undefined;
  /** The text of its media playlist once there is a segment, `undefined` when none came in time; throws `signal.reason`. */
  playlist(signal: AbortSignal): Promise<string | undefined>;
  /** Init segment number `id`. */
  init(id: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Media segment number `sequence`. */
  segment(sequence: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/** Where the renditions of one broadcast are. */
export interface HlsSource {
  /** The renditions, once the catalog is there; throws `signal.reason`. */
  renditions(signal: AbortSignal): Promise<readonly HlsRendition[]>;
}

/** Relative to the media playlist. */
export function initUri(id: number): string {
  return `init-${id}.mp4`;
}

/** Relative to the media playlist. */
export function segmentUri(sequence: number): string {
  return `${sequence}.m4s`;
}

// Bits for each pixel: more than a good encoder needs.
const BITS_PER_PIXEL = 0.1;
const AUDIO_BPS = 128_000;

/** What BANDWIDTH says: the peak as far as it is known, else what the catalog says, else a guess from the size. */
export function bandwidthOf({ config, peakBps = 0 }: HlsRendition): number {
  const known = Math.max(peakBps, config.bitrate ?? 0);
  if (known > 0) return known;
  if ("sampleRate" in config) return AUDIO_BPS;
  const { codedWidth = 1280, codedHeight = 720, framerate = 30 } = config;
  return codedWidth * codedHeight * framerate * BITS_PER_PIXEL;
}
