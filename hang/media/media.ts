/**
 * Encoded media as this package hands it around: tracks that know their place
 * in a catalog, and packets in decode order.
 *
 * @module
 */
import type { AudioConfig, VideoConfig } from "../catalog/catalog.ts";

/** One encoded picture or piece of sound, or a whole fragment of them. */
export interface MediaPacket {
  /** Presentation time in microseconds, for a fragment its decode time; the earliest track of a file begins at 0, or at {@linkcode Media.startUs}. */
  readonly timestampUs: number;
  /** Length in microseconds; 0 when the file does not say. */
  readonly durationUs: number;
  /** Whether decoding can begin here. */
  readonly isKeyframe: boolean;
  /** Codec bytes, in the form that the track's `config` describes. */
  readonly data: Uint8Array;
}

/** Where packets come from. */
export interface PacketSource {
  /** The packets in decode order, from the first on at each call; a bad file throws `MoqError("decode")`. */
  packets(signal?: AbortSignal): AsyncIterable<MediaPacket>;
}

/** A video track. */
export interface VideoTrack extends PacketSource {
  /** Discriminator. */
  readonly kind: "video";
  /** Its rendition in a catalog; without a container unless its packets are packed already. */
  readonly config: VideoConfig;
  /** Whether timestamps only grow, so that nothing need be read ahead to pace it. */
  readonly isInOrder?: boolean;
  /** Clockwise quarter turns in degrees, for the catalog's section. */
  readonly rotation: number;
}

/** An audio track. */
export interface AudioTrack extends PacketSource {
  /** Discriminator. */
  readonly kind: "audio";
  /** Its rendition in a catalog; without a container unless its packets are packed already. */
  readonly config: AudioConfig;
}

/** One track of a media file. */
export type MediaTrack = VideoTrack | AudioTrack;

/** Media that can be read, usually a file; its opener closes it. */
export interface Media {
  /** Name of the file format, for people. */
  readonly format: string;
  /** At least one. */
  readonly tracks: readonly MediaTrack[];
  /** One sentence for each track that was left out. */
  readonly skipped: readonly string[];
  /** Where its time begins in microseconds, when that is not 0. */
  readonly startUs?: number;
  /** Tracks that had not come when a stream was opened, each as it comes; for one reader. */
  late?(signal?: AbortSignal): AsyncIterable<MediaTrack>;
  /** Whether `packets()` can be read more than once, as a loop needs. */
  readonly isRewindable: boolean;
  /** Releases the source; packets read already stay valid. Idempotent. */
  close(): void;
}
