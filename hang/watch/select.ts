/**
 * Which rendition to play: one that this runtime decodes and whose container
 * can be read, the best of those.
 *
 * @module
 */
import { asMoqError, type Logger } from "@moq-deno/lite";
import type {
  AudioConfig,
  RenditionConfig,
  VideoConfig,
} from "../catalog/catalog.ts";
import { openContainer } from "../container/container.ts";
import type { Container } from "../container/sample.ts";
import { audioDecoderConfig, videoDecoderConfig } from "./decoder_config.ts";

/** A rendition to play. */
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

/** A video rendition to play. */
export type VideoChoice = Choice<VideoConfig, VideoDecoderConfig>;
/** An audio rendition to play. */
export type AudioChoice = Choice<AudioConfig, AudioDecoderConfig>;

/** Says whether a decoder could be had; `VideoDecoder` and `AudioDecoder` are two. */
export interface DecoderSupport<DecoderConfig> {
  /** Whether `config` can be decoded; may throw at one that makes no sense. */
  isConfigSupported(
    config: DecoderConfig,
  ): Promise<{ readonly supported?: boolean }>;
}

/** Options of {@linkcode chooseVideo} and {@linkcode chooseAudio}. */
export interface ChooseOptions<DecoderConfig> {
  /** What can be decoded; absent when nothing can. */
  readonly support: DecoderSupport<DecoderConfig> | undefined;
  /** Hears why renditions were left out. */
  readonly log: Logger;
}

/** The largest picture that can be decoded; renditions that the publisher calls stalled come last. */
export async function chooseVideo(
  renditions: Readonly<Record<string, VideoConfig>> = {},
  options: ChooseOptions<VideoDecoderConfig>,
): Promise<VideoChoice | undefined> {
  const ranked = Object.entries(renditions).sort(([, one], [, other]) =>
    Number(one.stalled ?? false) - Number(other.stalled ?? false) ||
    pixels(other) - pixels(one) || (other.bitrate ?? 0) - (one.bitrate ?? 0)
  );
  return await firstSupported(ranked, {
    ...options,
    toDecoderConfig: videoDecoderConfig,
  });
}

/** The sound with the highest bitrate that can be decoded. */
export async function chooseAudio(
  renditions: Readonly<Record<string, AudioConfig>> = {},
  options: ChooseOptions<AudioDecoderConfig>,
): Promise<AudioChoice | undefined> {
  const ranked = Object.entries(renditions).sort(([, one], [, other]) =>
    (other.bitrate ?? 0) - (one.bitrate ?? 0)
  );
  return await firstSupported(ranked, {
    ...options,
    toDecoderConfig: audioDecoderConfig,
  });
}

function pixels({ codedWidth = 0, codedHeight = 0 }: VideoConfig): number {
  return codedWidth * codedHeight;
}

async function firstSupported<Config extends RenditionConfig, DecoderConfig>(
  entries: readonly (readonly [name: string, config: Config])[],
  { support, log, toDecoderConfig }: ChooseOptions<DecoderConfig> & {
    readonly toDecoderConfig: (config: Config) => DecoderConfig;
  },
): Promise<Choice<Config, DecoderConfig> | undefined> {
  for (const [name, config] of entries) {
    // Another broadcast's track is not ours to subscribe to.
    if (config.broadcast !== undefined) continue;
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
  }
  return undefined;
}

/** Whether two choices are read and decoded in the same way, so that a new catalog need not interrupt anything. */
export function isSameChoice(
  one: VideoChoice | AudioChoice | undefined,
  other: VideoChoice | AudioChoice | undefined,
): boolean {
  if (!one || !other) return one === other;
  return one.name === other.name && one.config.codec === other.config.codec &&
    one.config.description === other.config.description &&
    JSON.stringify(one.config.container) ===
      JSON.stringify(other.config.container);
}
