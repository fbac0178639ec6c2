/**
 * The catalog of a publisher: its media, the person, and what the program adds.
 *
 * @module
 */
import type { AudioConfig, Catalog, VideoConfig } from "../catalog/catalog.ts";
import {
  FRAME_MARKS_CONFIG,
  FRAME_MARKS_TRACK,
} from "../catalog/frame_marks.ts";
import type { ClockConfig } from "../catalog/timing.ts";

/** What a catalog is made of. */
interface CatalogParts {
  /** What the program adds; it does not replace media. */
  readonly sections: Catalog;
  /** The person. */
  readonly presence: Pick<Catalog, "user" | "location" | "chat" | "preview">;
  /** What timestamps count from. */
  readonly clock: ClockConfig;
  /** Renditions of the picture by track. */
  readonly video: readonly (readonly [track: string, config: VideoConfig])[];
  /** The sound and its track. */
  readonly audio: readonly [track: string, config: AudioConfig] | undefined;
}

/** The catalog that has all of `parts`. */
export function composeCatalog(
  { sections, presence, clock, video, audio }: CatalogParts,
): Catalog {
  const { chat, json } = sections;
  const marks = { [FRAME_MARKS_TRACK]: FRAME_MARKS_CONFIG };
  return {
    ...sections,
    ...presence,
    ...(chat && { chat: { ...presence.chat, ...chat } }),
    clock,
    json: { ...json, tracks: { ...json?.tracks, ...marks } },
    ...(video.length > 0 && {
      video: { renditions: Object.fromEntries(video) },
    }),
    ...(audio && { audio: { renditions: Object.fromEntries([audio]) } }),
  };
}
