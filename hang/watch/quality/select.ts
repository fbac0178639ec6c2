/**
 * Which renditions can be played: those that this runtime decodes and whose
 * container can be read.
 *
 * @module
 */
import type { Logger } from "@moq-deno/lite";
import { asMoqError } from "@moq-deno/lite/internal";
import type {
  AudioConfig,
  RenditionConfig,
  VideoConfig,
} from "../../catalog/catalog.ts";
import { openContainer } from "../../container/container.ts";
import type { Container } from "../../container/sample.ts";
import {
  audioDecoderConfig,
  videoDecoderConfig,
} from "../video/decoder_config.ts";

/** A rendition that can be played. */
export interface Choice<Config, DecoderConfig> {
  /** The track's name. */
  readonly name: string;
  /** As it is in the catalog. */
  readonly config: Config;
  /** As a decoder wants it. */
  readonly decoderConfig: DecoderConfig;
  /** Reads its payloads. */
  readonly container: Container;
}

/** A video rendition that can be played. */
export type VideoChoice = Choice<VideoConfig, VideoDecoderConfig>;
/** An audio rendition that can be played. */
export type AudioChoice = Choice<AudioConfig, AudioDecoderConfig>;

/** Says whether a decoder could be had; `VideoDecoder` and `AudioDecoder` are two. */
export interface DecoderSupport<DecoderConfig> {
  /** Whether `config` can be decoded; may throw at one that makes no sense. */
  isConfigSupported(
    config: DecoderConfig,
  ): Promise<{ readonly supported?: boolean }>;
}

/** Options of {@linkcode playableVideo} and {@linkcode chooseAudio}. */
interface ChooseOptions<DecoderConfig> {
  /** What can be decoded; absent when nothing can. */
  readonly support: DecoderSupport<DecoderConfig> | undefined;
  /** Hears why renditions were left out. */
  readonly log: Logger;
}

interface SelectOptions<Config, DecoderConfig>
  extends ChooseOptions<DecoderConfig> {
  readonly toDecoderConfig: (config: Config) => DecoderConfig;
}

/** The pictures that can be decoded, the smallest first. */
export async function playableVideo(
  renditions: Readonly<Record<string, VideoConfig>> = {},
  options: ChooseOptions<VideoDecoderConfig>,
): Promise<readonly VideoChoice[]> {
  const choices = await playable(renditions, {
    ...options,
    toDecoderConfig: videoDecoderConfig,
  });
  return choices.sort(({ config: one }, { config: other }) =>
    pixelsOf(one) - pixelsOf(other) ||
    (one.bitrate ?? 0) - (other.bitrate ?? 0)
  );
}

/** The sound with the highest bitrate that can be decoded. */
export async function chooseAudio(
  renditions: Readonly<Record<string, AudioConfig>> = {},
  options: ChooseOptions<AudioDecoderConfig>,
): Promise<AudioChoice | undefined> {
  const choices = await playable(renditions, {
    ...options,
    toDecoderConfig: audioDecoderConfig,
  });
  return choices.sort(({ config: one }, { config: other }) =>
    (other.bitrate ?? 0) - (one.bitrate ?? 0)
  )[0];
}

function pixelsOf({ codedWidth = 0, codedHeight = 0 }: VideoConfig): number {
  return codedWidth * codedHeight;
}

async function playable<Config extends RenditionConfig, DecoderConfig>(
  renditions: Readonly<Record<string, Config>>,
  { support, log, toDecoderConfig }: SelectOptions<Config, DecoderConfig>,
): Promise<Choice<Config, DecoderConfig>[]> {
  const asked = Object.entries(renditions).map(async ([name, config]) => {
    try {
      const container = openContainer(config);
      const decoderConfig = toDecoderConfig(config);
      const answer = await support?.isConfigSupported(decoderConfig);
      if (answer?.supported) return { name, config, decoderConfig, container };
      log.warn?.("rendition has no decoder", { name, codec: config.codec });
    } catch (error) {
      const { message } = asMoqError(error);
      log.warn?.("rendition ignored", { name, error: message });
    }
  });
  return (await Promise.all(asked)).filter((one) => one !== undefined);
}

/** Whether two choices are read and decoded in the same way, so that a new catalog need not interrupt anything. */
export function isSameChoice(
  one: VideoChoice | AudioChoice | undefined,
  other: VideoChoice | AudioChoice | undefined,
): boolean {
  if (!one || !other) return one === other;
  return one.name === other.name && one.config.codec === other.config.codec &&
    one.config.broadcast === other.config.broadcast &&
    one.config.description === other.config.description &&
    JSON.stringify(one.config.container) ===
      JSON.stringify(other.config.container);
}
