/**
 * The catalog of a media file.
 *
 * @module
 */
import type { AudioConfig, Catalog, VideoConfig } from "../catalog/catalog.ts";
import type { MediaTrack } from "./media.ts";

/** A track and what it is called in the broadcast. */
interface NamedTrack {
  /** Unique within the broadcast. */
  readonly name: string;
  /** As it is in the file. */
  readonly track: MediaTrack;
}

/** Names the tracks "video", "video2", "audio" and so on: the first names are what players try without a catalog. */
export function nameTracks(tracks: readonly MediaTrack[]): NamedTrack[] {
  const counts = { video: 0, audio: 0 };
  return tracks.map((track) => {
    const count = ++counts[track.kind];
    return { name: count === 1 ? track.kind : `${track.kind}${count}`, track };
  });
}

/** Each track as a rendition in a container of `kind`, unless it is in one already. */
export function catalogOf(
  tracks: readonly NamedTrack[],
  kind: "legacy" | "loc",
): Catalog {
  const video: [string, VideoConfig][] = [];
  const audio: [string, AudioConfig][] = [];
  let rotation = 0;
  for (const { name, track } of tracks) {
    const container = track.config.container ?? { kind };
    if (track.kind === "audio") {
      audio.push([name, { ...track.config, container }]);
      continue;
    }
    if (video.length === 0) rotation = track.rotation;
    video.push([name, { ...track.config, container }]);
  }
  return {
    ...(video.length > 0 && {
      video: {
        renditions: Object.fromEntries(video),
        ...(rotation !== 0 && { rotation }),
      },
    }),
    ...(audio.length > 0 && {
      audio: { renditions: Object.fromEntries(audio) },
    }),
  };
}
