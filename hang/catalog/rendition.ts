/**
 * Checks of one rendition, field by field. Unknown fields stay.
 *
 * @module
 */
import type { AudioConfig, RenditionConfig, VideoConfig } from "./catalog.ts";
import { parseContainer } from "./container_config.ts";
import { Fields, present } from "./fields.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const HEX = /^(?:[0-9a-f]{2})+$/i;

function parseDescription(fields: Fields): string | undefined {
  const description = fields.string("description");
  if (description !== undefined && !HEX.test(description)) {
    throw fields.misfit("description", "pairs of hex digits");
  }
  return description?.toLowerCase();
}

function parseCommon(fields: Fields, path: string): RenditionConfig {
  const codec = fields.string("codec");
  if (codec === undefined) throw fields.misfit("codec", "a codec string");
  return present<RenditionConfig>({
    codec,
    container: parseContainer(fields, path),
    description: parseDescription(fields),
    bitrate: fields.integer("bitrate"),
    jitter: fields.milliseconds("jitter"),
    delay: fields.milliseconds("delay"),
    label: fields.string("label"),
    broadcast: fields.string("broadcast"),
  });
}

const COMMON = [
  "codec",
  "container",
  "description",
  "bitrate",
  "jitter",
  "delay",
  "label",
  "broadcast",
];
const VIDEO = [
  "codedWidth",
  "codedHeight",
  "displayAspectWidth",
  "displayAspectHeight",
  "displayRatioWidth",
  "displayRatioHeight",
  "framerate",
  "optimizeForLatency",
  "stalled",
];
const AUDIO = ["sampleRate", "numberOfChannels"];

/** Checks one video rendition; throws `MoqError("decode")` that names the field. */
export function parseVideoConfig(value: unknown, path: string): VideoConfig {
  const fields = new Fields(value, path);
  const config: Mutable<VideoConfig> = present<VideoConfig>({
    ...parseCommon(fields, path),
    codedWidth: fields.positive("codedWidth"),
    codedHeight: fields.positive("codedHeight"),
    // Some publishers write the older spelling.
    displayAspectWidth: fields.positive("displayAspectWidth") ??
      fields.positive("displayRatioWidth"),
    displayAspectHeight: fields.positive("displayAspectHeight") ??
      fields.positive("displayRatioHeight"),
    framerate: fields.rate("framerate"),
    optimizeForLatency: fields.boolean("optimizeForLatency"),
    stalled: fields.boolean("stalled"),
  });
  const isPair = (one: string, other: string): void => {
    if (Object.hasOwn(config, one) !== Object.hasOwn(config, other)) {
      throw fields.misfit(
        Object.hasOwn(config, one) ? other : one,
        `given together with ${Object.hasOwn(config, one) ? one : other}`,
      );
    }
  };
  isPair("codedWidth", "codedHeight");
  isPair("displayAspectWidth", "displayAspectHeight");
  return { ...fields.except([...COMMON, ...VIDEO]), ...config };
}

/** Checks one audio rendition; throws `MoqError("decode")` that names the field. */
export function parseAudioConfig(value: unknown, path: string): AudioConfig {
  const fields = new Fields(value, path);
  const sampleRate = fields.positive("sampleRate");
  if (sampleRate === undefined) throw fields.misfit("sampleRate", "in hertz");
  const numberOfChannels = fields.positive("numberOfChannels");
  if (numberOfChannels === undefined) {
    throw fields.misfit("numberOfChannels", "a number of channels");
  }
  return {
    ...fields.except([...COMMON, ...AUDIO]),
    ...parseCommon(fields, path),
    sampleRate,
    numberOfChannels,
  };
}
