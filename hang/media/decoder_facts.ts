/**
 * What a file needs to know of a rendition before its first sample.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import type { AudioConfig, VideoConfig } from "../catalog/catalog.ts";
import { descriptionOf } from "../container/cmaf_description.ts";

/** A rendition in the words of the file writer. */
export interface DecoderFacts {
  /** Name of the codec's family, as in "avc". */
  readonly codec: string;
  /** As WebCodecs wants it. */
  readonly decoderConfig: VideoDecoderConfig & AudioDecoderConfig;
  /** Usual distance of two samples in microseconds. */
  readonly stepUs: number;
}

const FAMILIES: readonly (readonly [prefix: RegExp, codec: string])[] = [
  [/^avc[13]\./, "avc"],
  [/^h(?:ev|vc)1\./, "hevc"],
  [/^vp8/, "vp8"],
  [/^vp09/, "vp9"],
  [/^av01/, "av1"],
  [/^(?:mp3$|mp4a\.(?:69|6b|40\.34)$)/i, "mp3"],
  [/^mp4a\./, "aac"],
  [/^ac-?3$/, "ac3"],
  [/^e(?:c-|ac)3$/, "eac3"],
  [/^pcm$/, "pcm-f32"],
];

// At 48 kHz; the last sample of a file lasts as long, all others until the next.
const AUDIO_SAMPLES: ReadonlyMap<string, number> = new Map([
  ["aac", 1024],
  ["opus", 960],
  ["mp3", 1152],
]);
const DEFAULT_AUDIO_SAMPLES = 1024;
const DEFAULT_FRAMERATE = 30;

function familyOf(codec: string): string {
  return FAMILIES.find(([prefix]) => prefix.test(codec))?.[1] ?? codec;
}

type Config = VideoConfig | AudioConfig;

function isAudio(config: Config): config is AudioConfig {
  return "sampleRate" in config;
}

function stepOf(config: Config, codec: string): number {
  if (!isAudio(config)) {
    return Math.round(1_000_000 / (config.framerate ?? DEFAULT_FRAMERATE));
  }
  const samples = AUDIO_SAMPLES.get(codec) ?? DEFAULT_AUDIO_SAMPLES;
  return Math.round((samples * 1_000_000) / config.sampleRate);
}

/** The facts of `config`; throws `MoqError("unsupported")` when the catalog does not say the size of a picture. */
export function decoderFacts(config: Config): DecoderFacts {
  const codec = familyOf(config.codec);
  if (!isAudio(config) && config.codedWidth === undefined) {
    throw new MoqError(
      "unsupported",
      `Expected codedWidth and codedHeight of ${config.codec} in the catalog, got none`,
    );
  }
  const description = descriptionOf(config);
  const size = isAudio(config)
    ? {
      sampleRate: config.sampleRate,
      numberOfChannels: config.numberOfChannels,
    }
    : { codedWidth: config.codedWidth!, codedHeight: config.codedHeight! };
  return {
    codec,
    decoderConfig: {
      codec: codec === "pcm-f32" ? codec : config.codec,
      ...size,
      ...(description && { description }),
    } as DecoderFacts["decoderConfig"],
    stepUs: stepOf(config, codec),
  };
}
