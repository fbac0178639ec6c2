/**
 * The catalog of draft-ietf-moq-msf-01 (MOQT Streaming Format) in the shape of
 * hang and back: one flat list of tracks, init data in a list of its own. What
 * either side cannot say is left out.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import type { JsonObject } from "@moq-deno/lite/json";
import {
  type Catalog,
  MAX_RENDITIONS,
  type RenditionConfig,
  type VideoConfig,
} from "./catalog.ts";
import { Collector } from "./collector.ts";
import { knownContainer } from "./container_config.ts";
import { Fields, present } from "./fields.ts";
import { checkCatalog, type ParsedCatalog } from "./parse.ts";

/** Name of the track that carries an MSF catalog. */
export const MSF_CATALOG_TRACK = "catalog";

const VERSION = "draft-01";
const DEFAULT_SAMPLE_RATE = 48_000;
const DEFAULT_CHANNELS = 2;

/** `catalog` as an MSF catalog: its video and audio whose container MSF has a name for. */
export function msfOf(catalog: Catalog): Readonly<Record<string, unknown>> {
  const inits = new InitList();
  const videos = sayable(catalog.video?.renditions);
  const audios = sayable(catalog.audio?.renditions);
  const tracks = [
    ...videos.map(([name, config]) => ({
      ...msfTrack(name, config, { inits, role: "video", of: videos.length }),
      ...videoFacts(config),
    })),
    ...audios.map(([name, config]) => ({
      ...msfTrack(name, config, { inits, role: "audio", of: audios.length }),
      samplerate: config.sampleRate,
      channelConfig: String(config.numberOfChannels),
    })),
  ];
  return {
    version: VERSION,
    tracks,
    ...(inits.list.length > 0 && { initDataList: inits.list }),
  };
}

// A track of another broadcast, or in a container of its own, has no words in MSF.
function sayable<Config extends RenditionConfig>(
  renditions: Readonly<Record<string, Config>> = {},
): [string, Config][] {
  return Object.entries(renditions).filter(([, config]) =>
    config.broadcast === undefined && knownContainer(config)
  );
}

/** Each init segment once, however many tracks share it. */
class InitList {
  readonly list: { id: string; type: "inline"; data: string }[] = [];

  add(data: string): string {
    const present = this.list.find((one) => one.data === data);
    if (present) return present.id;
    const id = `init${this.list.length}`;
    this.list.push({ id, type: "inline", data });
    return id;
  }
}

function initOf(config: RenditionConfig): string | undefined {
  const container = knownContainer(config);
  if (container?.kind === "cmaf") return container.init;
  return config.description === undefined
    ? undefined
    : Uint8Array.fromHex(config.description).toBase64();
}

function msfTrack(
  name: string,
  config: RenditionConfig,
  { inits, role, of }: {
    readonly inits: InitList;
    readonly role: "video" | "audio";
    readonly of: number;
  },
): JsonObject {
  const init = initOf(config);
  const { codec, bitrate, jitter } = config;
  return {
    name,
    packaging: knownContainer(config)?.kind,
    isLive: true,
    role,
    codec,
    ...(bitrate !== undefined && { bitrate }),
    ...(jitter !== undefined && { jitter }),
    ...(init !== undefined && { initRef: inits.add(init) }),
    renderGroup: 1,
    ...(of > 1 && { altGroup: 1 }),
  };
}

function videoFacts(
  { codedWidth: width, codedHeight: height, framerate, stalled }: VideoConfig,
): JsonObject {
  return {
    ...(width !== undefined && { width, height }),
    ...(framerate !== undefined && { framerate }),
    ...(stalled !== undefined && { stalled }),
  };
}

/**
 * An MSF catalog that is already JSON, of draft 00 or 01, in the shape of hang. A track that is not in order is left out
 * and named in `problems`; throws `MoqError("decode")` when nothing can be used, and `MoqError("unsupported")` for a delta.
 */
export function catalogOfMsf(value: unknown): ParsedCatalog {
  const root = new Fields(value, "catalog");
  if (
    root.value("version") === undefined && root.value("tracks") === undefined
  ) {
    throw new MoqError(
      "unsupported",
      "Expected a whole MSF catalog with a version and tracks, got a delta or something else",
    );
  }
  const tracks = root.value("tracks") ?? [];
  if (!Array.isArray(tracks)) throw root.misfit("tracks", "an array");
  if (tracks.length > MAX_RENDITIONS) {
    throw new MoqError(
      "decode",
      `Expected at most ${MAX_RENDITIONS} tracks, got ${tracks.length}`,
    );
  }
  const collector = new Collector();
  const inits = collector.attempt(() => readInits(root)) ??
    new Map<string, string>();
  const sections: Record<"video" | "audio", [string, unknown][]> = {
    video: [],
    audio: [],
  };
  for (const [index, track] of tracks.entries()) {
    collector.attempt(() => {
      const fields = new Fields(track, `tracks[${index}]`);
      const role = fields.string("role");
      if (role !== "video" && role !== "audio") return;
      const config = role === "video"
        ? videoOf(fields, inits)
        : audioOf(fields, inits);
      sections[role].push([fields.requiredString("name"), config]);
    });
  }
  const { catalog, problems } = checkCatalog(
    Object.fromEntries(
      Object.entries(sections)
        .filter(([, entries]) => entries.length > 0)
        .map(([role, entries]) => [
          role,
          { renditions: Object.fromEntries(entries) },
        ]),
    ),
  );
  return { catalog, problems: [...collector.problems, ...problems] };
}

function readInits(root: Fields): Map<string, string> {
  const list = root.value("initDataList") ?? [];
  if (!Array.isArray(list)) throw root.misfit("initDataList", "an array");
  const inits = new Map<string, string>();
  for (const [index, entry] of list.entries()) {
    const fields = new Fields(entry, `initDataList[${index}]`);
    if (fields.string("type") !== "inline") continue;
    inits.set(fields.requiredString("id"), fields.requiredString("data"));
  }
  return inits;
}

function commonOf(
  fields: Fields,
  inits: ReadonlyMap<string, string>,
): JsonObject {
  const kind = fields.requiredString("packaging");
  const init = fields.string("initData") ??
    inits.get(fields.string("initRef") ?? "");
  return {
    codec: fields.requiredString("codec"),
    container: kind === "cmaf" ? { kind, init } : { kind },
    ...(kind !== "cmaf" && init !== undefined &&
      { description: hexOf(init, fields) }),
    ...present({
      bitrate: fields.value("bitrate"),
      jitter: fields.value("jitter"),
    }),
  };
}

function videoOf(
  fields: Fields,
  inits: ReadonlyMap<string, string>,
): JsonObject {
  return {
    ...commonOf(fields, inits),
    ...present({
      codedWidth: fields.value("width"),
      codedHeight: fields.value("height"),
      framerate: fields.value("framerate"),
      stalled: fields.value("stalled"),
    }),
  };
}

function audioOf(
  fields: Fields,
  inits: ReadonlyMap<string, string>,
): JsonObject {
  const channels = Number.parseInt(fields.string("channelConfig") ?? "", 10);
  return {
    ...commonOf(fields, inits),
    sampleRate: fields.value("samplerate") ?? DEFAULT_SAMPLE_RATE,
    numberOfChannels: Number.isNaN(channels) ? DEFAULT_CHANNELS : channels,
  };
}

function hexOf(base64: string, fields: Fields): string {
  try {
    return Uint8Array.fromBase64(base64).toHex();
  } catch {
    // Which field is wrong helps; which character does not.
    throw fields.misfit("initData", "base64");
  }
}
