/**
 * The catalogs of 2025 in today's shape. Until October `video` and `audio` were
 * arrays of `{track, config}`, `track` had a name and a priority, `config` said
 * how the picture is turned, and `detection` stood beside them; `audio` could
 * be one such object as well.
 *
 * @module
 */
import type { Collector } from "./collector.ts";
import { isJsonObject, type JsonObject } from "@moq-deno/lite/json";
import { Fields } from "./fields.ts";

/** A catalog of any year with `video` and `audio` in today's shape; entries without a track are left out and noted. */
export function upgradeCatalog(value: unknown, collector: Collector): unknown {
  if (!isJsonObject(value)) return value;
  const { video, audio } = value;
  if (!Array.isArray(video) && !isOld(audio)) return value;
  const { detection, ...root } = value;
  const isOldVideo = Array.isArray(video);
  return {
    ...(isOldVideo ? root : value),
    ...(isOldVideo && {
      video: {
        ...upgradeVideo(video, collector),
        ...(detection !== undefined && { detection }),
      },
    }),
    ...(isOld(audio) && { audio: upgradeAudio(audio, collector) }),
  };
}

function isOld(audio: unknown): boolean {
  return Array.isArray(audio) ||
    (isJsonObject(audio) && Object.hasOwn(audio, "track"));
}

function upgradeVideo(
  section: readonly unknown[],
  collector: Collector,
): JsonObject {
  const entries = entriesOf(section, { path: "video", collector });
  const [first] = Object.values(entries);
  if (!isJsonObject(first)) return { renditions: entries };
  const { displayAspectWidth: width, displayAspectHeight: height } = first;
  const { rotation, flip } = first;
  return {
    renditions: entries,
    ...(width !== undefined && height !== undefined &&
      { display: { width, height } }),
    ...(rotation !== undefined && { rotation }),
    ...(flip !== undefined && { flip }),
  };
}

function upgradeAudio(section: unknown, collector: Collector): JsonObject {
  const list: readonly unknown[] = Array.isArray(section) ? section : [section];
  const path = Array.isArray(section) ? "audio" : undefined;
  const renditions = entriesOf(list, { path, collector });
  const [first] = list;
  if (!isJsonObject(first)) return { renditions };
  const { track: _track, config: _config, ...rest } = first;
  return { ...rest, renditions };
}

/** The configurations by track name. */
function entriesOf(
  section: readonly unknown[],
  { path, collector }: {
    /** The array's, `undefined` for the one object that is no array. */
    readonly path: string | undefined;
    readonly collector: Collector;
  },
): JsonObject {
  const entries: [string, unknown][] = [];
  for (const [index, value] of section.entries()) {
    const where = path === undefined ? "audio" : `${path}[${index}]`;
    collector.attempt(() => {
      const entry = new Fields(value, where);
      const track = new Fields(entry.value("track"), `${where}.track`);
      entries.push([track.requiredString("name"), entry.value("config")]);
    });
  }
  return Object.fromEntries(entries);
}
