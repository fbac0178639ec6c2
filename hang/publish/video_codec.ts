/**
 * Which encoder to use for pictures: the codecs that this package writes, and
 * the first of them that the browser has, in hardware if possible.
 *
 * @module
 */
import { bitrateFor, type RenditionPlan } from "./rendition_plan.ts";

/** Says whether an encoder could be had; `VideoEncoder` is one. */
export interface EncoderSupport<Config> {
  /** Whether `config` can be encoded; may throw at one that makes no sense. */
  isConfigSupported(
    config: Config,
  ): Promise<{ readonly supported?: boolean }>;
}

/** Options of {@linkcode probeVideo}. */
interface ProbeOptions {
  /** What can be encoded; absent when nothing can. */
  readonly support: EncoderSupport<VideoEncoderConfig> | undefined;
  /** Encoders that have failed, by {@linkcode encoderKey}. */
  readonly failed?: ReadonlySet<string>;
}

interface H264Level {
  readonly hex: string;
  readonly blocks: number;
  readonly blocksPerSecond: number;
}

// ITU-T H.264, table A-1.
const H264_LEVELS: readonly H264Level[] = [
  { hex: "1f", blocks: 3600, blocksPerSecond: 108_000 },
  { hex: "28", blocks: 8192, blocksPerSecond: 245_760 },
  { hex: "2a", blocks: 8704, blocksPerSecond: 522_240 },
  { hex: "33", blocks: 36_864, blocksPerSecond: 983_040 },
  { hex: "34", blocks: 36_864, blocksPerSecond: 2_073_600 },
];
const VP9_LEVELS = ["31", "40", "41", "50", "51"];
const AV1_LEVELS = ["05", "08", "09", "12", "13"];
// High, main, constrained baseline.
const H264_PROFILES = ["6400", "4d00", "42e0"];

/** Codec strings for such a picture, in the order in which they are tried: what most viewers decode in hardware first. */
export function videoCodecs(plan: RenditionPlan): string[] {
  const level = levelOf(plan);
  return [
    ...H264_PROFILES.map((profile) =>
      `avc1.${profile}${H264_LEVELS[level]!.hex}`
    ),
    `vp09.00.${VP9_LEVELS[level]}.08`,
    `av01.0.${AV1_LEVELS[level]}M.08`,
    "vp8",
  ].filter((codec) => codec.startsWith(plan.codec));
}

/** The first encoder that the browser has for `plan`, one in hardware before all others. */
export async function probeVideo(
  plan: RenditionPlan,
  { support, failed }: ProbeOptions,
): Promise<VideoEncoderConfig | undefined> {
  for (const acceleration of ["prefer-hardware", "no-preference"] as const) {
    for (const codec of videoCodecs(plan)) {
      const config = configOf(plan, codec, acceleration);
      if (failed?.has(encoderKey(config))) continue;
      if (await isSupported(config, support)) return config;
    }
  }
  return undefined;
}

/** Which encoder it is, however it is set. */
export function encoderKey(
  { codec, hardwareAcceleration = "no-preference" }: VideoEncoderConfig,
): string {
  return `${codec} ${hardwareAcceleration}`;
}

/** Whether the browser has such an encoder. */
export async function isSupported<Config>(
  config: Config,
  support: EncoderSupport<Config> | undefined,
): Promise<boolean> {
  try {
    return (await support?.isConfigSupported(config))?.supported ?? false;
  } catch {
    // A browser that does not know a setting has no such encoder.
    return false;
  }
}

function configOf(
  plan: RenditionPlan,
  codec: string,
  hardwareAcceleration: HardwareAcceleration,
): VideoEncoderConfig {
  const { width, height, framerate } = plan;
  return {
    codec,
    width,
    height,
    framerate,
    bitrate: bitrateFor(plan, codec),
    latencyMode: "realtime",
    hardwareAcceleration,
    // Parameter sets in band: a viewer that joins needs nothing from the catalog.
    ...(codec.startsWith("avc1") && { avc: { format: "annexb" } }),
  };
}

function levelOf({ width, height, framerate }: RenditionPlan): number {
  const blocks = Math.ceil(width / 16) * Math.ceil(height / 16);
  const level = H264_LEVELS.findIndex((one) =>
    blocks <= one.blocks && blocks * framerate <= one.blocksPerSecond
  );
  return level < 0 ? H264_LEVELS.length - 1 : level;
}
