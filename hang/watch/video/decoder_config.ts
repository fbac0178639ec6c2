/**
 * A catalog's rendition as WebCodecs wants it.
 *
 * @module
 */
import type {
  AudioConfig,
  RenditionConfig,
  VideoConfig,
} from "../../catalog/catalog.ts";
import { knownContainer } from "../../catalog/container_config.ts";
import { cmafDescription } from "../../container/cmaf_description.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Decoder settings of a video rendition; throws `MoqError("decode")` for a bad init segment. */
export function videoDecoderConfig(config: VideoConfig): VideoDecoderConfig {
  const { codec, codedWidth, codedHeight } = config;
  const { displayAspectWidth, displayAspectHeight } = config;
  const description = descriptionOf(config);
  return {
    codec,
    ...(codedWidth && codedHeight && { codedWidth, codedHeight }),
    ...(displayAspectWidth && displayAspectHeight &&
      { displayAspectWidth, displayAspectHeight }),
    ...(description && { description }),
    optimizeForLatency: config.optimizeForLatency ?? true,
  };
}

/** Decoder settings of an audio rendition; throws `MoqError("decode")` for a bad init segment. */
export function audioDecoderConfig(config: AudioConfig): AudioDecoderConfig {
  const { codec, sampleRate, numberOfChannels } = config;
  const description = descriptionOf(config);
  return {
    codec,
    sampleRate,
    numberOfChannels,
    ...(description && { description }),
  };
}

function descriptionOf(config: RenditionConfig): Bytes | undefined {
  if (config.description !== undefined) {
    return Uint8Array.fromHex(config.description);
  }
  const container = knownContainer(config);
  return container?.kind === "cmaf"
    ? cmafDescription(Uint8Array.fromBase64(container.init))
    : undefined;
}
