/**
 * Today's catalog in the words of 2025, for viewers of that year: what they
 * cannot read is left out. `legacy_2025.ts` is the way back.
 *
 * @module
 */
import {
  type AudioSection,
  type Catalog,
  type RenditionConfig,
  TRACK_PRIORITY,
  type VideoSection,
} from "./catalog.ts";
import { knownContainer } from "./container_config.ts";
import type { JsonObject } from "@moq-deno/lite/json";
import { present, without } from "./fields.ts";
import {
  SIDE_TRACK_PRIORITY,
  type SideTrack,
  type TrackReference,
} from "./room.ts";

/**
 * Which readers a catalog is written for. `2026`: those of today. `2025`: those of October 2025 and later, who want a
 * priority in each section. `2025-arrays`: those before, who want `video` and `audio` as arrays.
 */
export type CatalogForm = "2026" | "2025" | "2025-arrays";

const NEWER_SECTIONS = ["text", "json", "binary", "clock", "archive"];
const NEWER_FIELDS = [
  "container",
  "jitter",
  "delay",
  "label",
  "stalled",
  "broadcast",
];

/** `catalog`, which has been checked, as `form` has it. Default `2026`, which is the catalog itself. */
export function catalogIn(
  form: CatalogForm | undefined,
  catalog: Catalog,
): Readonly<Record<string, unknown>> {
  if (form === undefined || form === "2026") return catalog;
  const { video, audio, ...rest } = catalog;
  return {
    ...without(rest, NEWER_SECTIONS),
    ...(form === "2025" ? sections(video, audio) : arrays(video, audio)),
    ...referring(catalog),
  };
}

function sections(
  video: VideoSection | undefined,
  audio: AudioSection | undefined,
): JsonObject {
  return {
    ...(video && { video: section(video, TRACK_PRIORITY.video) }),
    ...(audio && { audio: section(audio, TRACK_PRIORITY.audio) }),
  };
}

function section(
  from: VideoSection | AudioSection,
  priority: number,
): JsonObject {
  const renditions = Object.fromEntries(sayable(from.renditions));
  // A priority that the catalog brought along from then stays.
  return { priority, ...withPriorities(from), renditions };
}

function arrays(
  video: VideoSection | undefined,
  audio: AudioSection | undefined,
): JsonObject {
  const entry = (
    [name, config]: readonly [string, JsonObject],
    priority: number,
  ): JsonObject => ({ track: { name, priority }, config });
  const turned = video && {
    ...(video.rotation !== undefined && { rotation: video.rotation }),
    ...(video.flip !== undefined && { flip: video.flip }),
  };
  const side = audio && without(withPriorities(audio), ["renditions"]);
  return {
    ...(video && {
      video: sayable(video.renditions).map(([name, config]) =>
        entry([name, { ...config, ...turned }], TRACK_PRIORITY.video)
      ),
    }),
    ...(audio && {
      audio: sayable(audio.renditions).map((one) => ({
        ...entry(one, TRACK_PRIORITY.audio),
        ...side,
      })),
    }),
    ...(video?.detection && { detection: withPriorities(video).detection }),
  };
}

// There was one container and no other broadcast to be in.
function sayable(
  renditions: Readonly<Record<string, RenditionConfig>>,
): [string, JsonObject][] {
  return Object.entries(renditions)
    .filter(([, config]) =>
      config.broadcast === undefined &&
      knownContainer(config)?.kind === "legacy"
    )
    .map(([name, config]) => [name, without(config, NEWER_FIELDS)]);
}

/** The sections that refer to side tracks, each reference with the priority that was compulsory. */
function referring(
  { chat, location, preview }: Catalog,
): JsonObject {
  return present<JsonObject>({
    chat: chat && present<JsonObject>({
      ...chat,
      message: ranked(chat.message, "chat"),
      typing: ranked(chat.typing, "typing"),
    }),
    location: location && present<JsonObject>({
      ...location,
      track: ranked(location.track, "location"),
      peers: ranked(location.peers, "location"),
    }),
    preview: ranked(preview, "preview"),
  });
}

type SideName = keyof typeof SIDE_TRACK_PRIORITY;

function rank(reference: TrackReference, name: SideName): TrackReference {
  return { priority: SIDE_TRACK_PRIORITY[name], ...reference };
}

function ranked(
  reference: TrackReference | undefined,
  name: SideName,
): TrackReference | undefined {
  return reference && rank(reference, name);
}

/** `from` with a priority for each of its side tracks. */
function withPriorities(from: VideoSection | AudioSection): JsonObject {
  const { captions, speaking, detection }: {
    readonly captions?: SideTrack;
    readonly speaking?: SideTrack;
    readonly detection?: SideTrack;
  } = from;
  const side = (
    one: SideTrack | undefined,
    name: SideName,
  ): SideTrack | undefined => one && { ...one, track: rank(one.track, name) };
  return present<JsonObject>({
    ...from,
    captions: side(captions, "captions"),
    speaking: side(speaking, "speaking"),
    detection: side(detection, "detection"),
  });
}
