/**
 * The catalog as it is on the wire: a JSON object that says which tracks of a
 * broadcast carry what. hang catalog, the form of autumn 2026.
 *
 * @module
 */
import type { ContainerConfig } from "./container_config.ts";
import type {
  BinaryTrackConfig,
  DataSection,
  JsonTrackConfig,
  TextSection,
} from "./data_tracks.ts";
import type {
  Capabilities,
  Chat,
  Location,
  SideTrack,
  TrackReference,
  User,
} from "./room.ts";
import type { ArchiveConfig, ClockConfig } from "./timing.ts";

/** Name of the track that carries the catalog. */
export const CATALOG_TRACK = "catalog.json";

/** Name of the track that carries the same compressed, each group one DEFLATE stream. */
export const COMPRESSED_CATALOG_TRACK = "catalog.json.z";

/** Priorities of a broadcast's tracks, higher first; what all known publishers use. */
export const TRACK_PRIORITY = {
  catalog: 100,
  text: 90,
  audio: 80,
  video: 60,
} as const;

/** Most renditions a catalog may have in video, audio and text together. */
export const MAX_RENDITIONS = 64;

/** What every rendition has; fields unknown here are kept and republished. */
export interface RenditionConfig {
  /** WebCodecs codec string, or `pcm` for interleaved little-endian float32. */
  readonly codec: string;
  /** Absent means legacy. */
  readonly container?: ContainerConfig;
  /** Hex of the decoder's extra data (avcC, AudioSpecificConfig, ...); absent means it is in band. */
  readonly description?: string;
  /** Bits per second. */
  readonly bitrate?: number;
  /** Longest time in ms that the publisher holds a frame back. */
  readonly jitter?: number;
  /** Constant extra delay in ms against the other tracks. */
  readonly delay?: number;
  /** For people. */
  readonly label?: string;
  /** Relative path of the broadcast that has the track; absent means this one. */
  readonly broadcast?: string;
}

/** One encoding of the video. */
export interface VideoConfig extends RenditionConfig {
  /** Pixels, both or neither. */
  readonly codedWidth?: number;
  /** Pixels, both or neither. */
  readonly codedHeight?: number;
  /** Aspect ratio's width, both or neither. */
  readonly displayAspectWidth?: number;
  /** Aspect ratio's height, both or neither. */
  readonly displayAspectHeight?: number;
  /** Frames per second. */
  readonly framerate?: number;
  /** Hint for the decoder; absent means true. */
  readonly optimizeForLatency?: boolean;
  /** The publisher suggests to avoid this rendition for now. */
  readonly stalled?: boolean;
}

/** One encoding of the audio. */
export interface AudioConfig extends RenditionConfig {
  /** Hertz. */
  readonly sampleRate: number;
  /** Channels. */
  readonly numberOfChannels: number;
}

/** Size in pixels. */
export interface Size {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
}

/** All encodings of the one video of a broadcast. */
export interface VideoSection {
  /** By track name. */
  readonly renditions: Readonly<Record<string, VideoConfig>>;
  /** Size to render at. */
  readonly display?: Size;
  /** Clockwise quarter turns in degrees: 0, 90, 180 or 270. */
  readonly rotation?: number;
  /** Mirror horizontally. */
  readonly flip?: boolean;
  /** 2025: what is seen in the picture. */
  readonly detection?: SideTrack;
}

/** All encodings of the one audio of a broadcast. */
export interface AudioSection {
  /** By track name. */
  readonly renditions: Readonly<Record<string, AudioConfig>>;
  /** 2025: what is said, as text. */
  readonly captions?: SideTrack;
  /** 2025: whether anybody speaks. */
  readonly speaking?: SideTrack;
}

/** What a broadcast offers. Sections unknown here are kept as they came and republished. */
export interface Catalog {
  /** Absent when there is no video. */
  readonly video?: VideoSection;
  /** Absent when there is no audio. */
  readonly audio?: AudioSection;
  /** Subtitles and captions. */
  readonly text?: TextSection;
  /** Tracks of JSON records. */
  readonly json?: DataSection<JsonTrackConfig>;
  /** Tracks of bytes. */
  readonly binary?: DataSection<BinaryTrackConfig>;
  /** Which moment timestamp 0 is. */
  readonly clock?: ClockConfig;
  /** Where the past is. */
  readonly archive?: ArchiveConfig;
  /** 2025: who publishes. */
  readonly user?: User;
  /** 2025: where the person writes. */
  readonly chat?: Chat;
  /** 2025: where the person is in the room. */
  readonly location?: Location;
  /** 2025: a summary for lists. */
  readonly preview?: TrackReference;
  /** 2025: what the person's device decodes. */
  readonly capabilities?: Capabilities;
  /** Sections of applications and of newer drafts. */
  readonly [section: string]: unknown;
}
