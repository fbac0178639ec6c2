/**
 * Which encoder to use for sound: Opus, and AAC where a browser has no Opus.
 *
 * @module
 */
import type { AudioConfig } from "../catalog/catalog.ts";
import { aacDescription } from "./description.ts";
import { type EncoderSupport, isSupported } from "./video_codec.ts";

/** How sound is captured. */
export interface SoundFormat {
  /** Hertz. */
  readonly sampleRate: number;
  /** Channels. */
  readonly numberOfChannels: number;
}

/** An encoder for sound and its place in the catalog. */
export interface AudioOffer {
  /** As the encoder wants it. */
  readonly encoder: AudioEncoderConfig;
  /** As the catalog says it. */
  readonly config: AudioConfig;
}

/** Length in milliseconds of what is given to the encoder at a time: one packet of Opus. */
export const AUDIO_PACKET_MS = 20;

const OPUS_BPS_PER_CHANNEL = 48_000;
const AAC_BPS_PER_CHANNEL = 64_000;
const AAC_SAMPLES = 1024;

/** The first encoder that the browser has for sound of this format. */
export async function probeAudio(
  format: SoundFormat,
  support: EncoderSupport<AudioEncoderConfig> | undefined,
): Promise<AudioOffer | undefined> {
  for (const offer of [opus(format), aac(format)]) {
    if (await isSupported(offer.encoder, support)) return offer;
  }
  return undefined;
}

function opus({ sampleRate, numberOfChannels }: SoundFormat): AudioOffer {
  const bitrate = OPUS_BPS_PER_CHANNEL * numberOfChannels;
  const common = { codec: "opus", sampleRate, numberOfChannels, bitrate };
  const frameDuration = AUDIO_PACKET_MS * 1000;
  return {
    encoder: { ...common, opus: { frameDuration } },
    config: {
      ...common,
      container: { kind: "legacy" },
      jitter: AUDIO_PACKET_MS,
    },
  };
}

function aac(format: SoundFormat): AudioOffer {
  const { sampleRate, numberOfChannels } = format;
  const bitrate = AAC_BPS_PER_CHANNEL * numberOfChannels;
  const common = { codec: "mp4a.40.2", sampleRate, numberOfChannels, bitrate };
  const description = aacDescription(format);
  return {
    encoder: common,
    config: {
      ...common,
      container: { kind: "legacy" },
      jitter: Math.ceil(AAC_SAMPLES * 1000 / sampleRate),
      ...(description && { description }),
    },
  };
}
