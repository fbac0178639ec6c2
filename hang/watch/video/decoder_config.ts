/**
 * A catalog's rendition as WebCodecs wants it.
 *
 * @module
 */
import type { AudioConfig, VideoConfig } from "../../catalog/catalog.ts";
import { descriptionOf } from "../../container/cmaf_description.ts";

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
