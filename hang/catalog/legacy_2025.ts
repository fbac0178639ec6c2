/**
 * The catalog of 2025 in today's shape: a section was an array of `{track,
 * config}` or one such object, `track` had a name and a priority, and the
 * priority of a section was on the wire.
 *
 * @module
 */
import { Fields, isObject, type JsonObject } from "./fields.ts";

function trackName(entry: Fields, path: string): string {
  const name = new Fields(entry.value("track"), `${path}.track`).string("name");
  if (name === undefined) throw entry.misfit("track", "a track with a name");
  return name;
}

function displayOf(config: unknown): JsonObject | undefined {
  if (!isObject(config)) return undefined;
  const { displayAspectWidth: width, displayAspectHeight: height } = config;
  return width !== undefined && height !== undefined
    ? { width, height }
    : undefined;
}

/** A `video` section in today's shape; sections that already have it pass unchanged. */
export function upgradeVideo(section: unknown): unknown {
  if (!Array.isArray(section)) return section;
  const entries: [string, unknown][] = [];
  for (const [index, value] of section.entries()) {
    const path = `video[${index}]`;
    const entry = new Fields(value, path);
    entries.push([trackName(entry, path), entry.value("config")]);
  }
  const display = displayOf(entries[0]?.[1]);
  return {
    renditions: Object.fromEntries(entries),
    ...(display && { display }),
  };
}

/** An `audio` section in today's shape; sections that already have it pass unchanged. */
export function upgradeAudio(section: unknown): unknown {
  if (!isObject(section) || !Object.hasOwn(section, "track")) return section;
  const entry = new Fields(section, "audio");
  return {
    ...entry.except(["track", "config"]),
    renditions: Object.fromEntries([
      [trackName(entry, "audio"), entry.value("config")],
    ]),
  };
}
