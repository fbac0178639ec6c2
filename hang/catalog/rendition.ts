/**
 * Checks of one rendition, field by field. Unknown fields stay.
 *
 * @module
 */
import type { AudioConfig, RenditionConfig, VideoConfig } from "./catalog.ts";
import { parseContainer } from "./container_config.ts";
import { Fields, readObject, required, type Shape } from "./fields.ts";

const HEX = /^(?:[0-9a-f]{2})+$/i;

function parseDescription(fields: Fields): string | undefined {
  const description = fields.string("description");
  if (description !== undefined && !HEX.test(description)) {
    throw fields.misfit("description", "pairs of hex digits");
  }
  return description?.toLowerCase();
}

const COMMON: Shape<RenditionConfig> = {
  codec: required("string", "a codec string"),
  container: parseContainer,
  description: parseDescription,
  bitrate: "integer",
  jitter: "milliseconds",
  delay: "milliseconds",
  label: "string",
  broadcast: "string",
};

// Some publishers write the older spelling.
const OLD_NAMES = ["displayRatioWidth", "displayRatioHeight"];

const VIDEO: Shape<VideoConfig> = {
  ...COMMON,
  codedWidth: "positive",
  codedHeight: "positive",
  displayAspectWidth: (fields, name) =>
    fields.positive(name) ?? fields.positive("displayRatioWidth"),
  displayAspectHeight: (fields, name) =>
    fields.positive(name) ?? fields.positive("displayRatioHeight"),
  framerate: "rate",
  optimizeForLatency: "boolean",
  stalled: "boolean",
};

const AUDIO: Shape<AudioConfig> = {
  ...COMMON,
  sampleRate: required("positive", "in hertz"),
  numberOfChannels: required("positive", "a number of channels"),
};

/** Checks one video rendition; throws `MoqError("decode")` that names the field. */
export function parseVideoConfig(value: unknown, path: string): VideoConfig {
  const fields = new Fields(value, path);
  const config = fields.all(VIDEO);
  const checkPair = (one: string, other: string): void => {
    const [has, hasOther] = [one, other].map((name) =>
      Object.hasOwn(config, name)
    );
    if (has === hasOther) return;
    const [missing, given] = has ? [other, one] : [one, other];
    throw fields.misfit(missing, `given together with ${given}`);
  };
  checkPair("codedWidth", "codedHeight");
  checkPair("displayAspectWidth", "displayAspectHeight");
  const known = [...Object.keys(VIDEO), ...OLD_NAMES];
  return { ...fields.except(known), ...config };
}

/** Checks one audio rendition; throws `MoqError("decode")` that names the field. */
export function parseAudioConfig(value: unknown, path: string): AudioConfig {
  return readObject(value, { path, shape: AUDIO });
}
