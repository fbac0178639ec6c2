/**
 * From a track of a file to its rendition in a catalog.
 *
 * @module
 */
import {
  EncodedPacketSink,
  type InputAudioTrack,
  type InputTrack,
  type InputVideoTrack,
} from "mediabunny";
import type {
  AudioConfig,
  RenditionConfig,
  VideoConfig,
} from "../catalog/catalog.ts";
import { isAdts, readAdtsHeader } from "./adts.ts";
import { isPcm, pcmConfig } from "./pcm.ts";

// Enough for a steady rate, few enough to be read before the first packet is sent.
const RATE_PACKETS = 64;

// What mediabunny reads and players here and elsewhere do not.
const UNPLAYABLE: ReadonlySet<string | null> = new Set(["dts", "prores"]);

/** How to look at a track. */
export interface DescribeOptions {
  /** Whether packets may be read ahead for statistics. */
  readonly isRewindable: boolean;
}

/** A video track as a rendition. */
interface VideoDescription {
  readonly kind: "video";
  /** For the catalog. */
  readonly config: VideoConfig;
  /** Clockwise quarter turns in degrees. */
  readonly rotation: number;
}

/** An audio track as a rendition, and what has to be done to each packet of the file. */
interface AudioDescription {
  readonly kind: "audio";
  /** For the catalog. */
  readonly config: AudioConfig;
  /** Whether each packet has an ADTS header that must go. */
  readonly hasAdts: boolean;
  /** The PCM that it is in the file, when it is PCM. */
  readonly pcm?: string;
}

/** Why a track is left out: its codec as the file names it. */
export async function codecProblem(track: InputTrack): Promise<string> {
  const id = await track.getInternalCodecId();
  const family = await track.getCodec();
  const name = typeof id === "string" || typeof id === "number"
    ? `codec ${JSON.stringify(id)}${family === null ? "" : ` (${family})`}`
    : `codec ${family ?? "that it does not name"}`;
  return `Track ${track.id} (${track.type}) has ${name}, which is not supported`;
}

function hexOf(
  description: AllowSharedBufferSource | undefined,
): string | undefined {
  if (description === undefined) return undefined;
  const bytes = ArrayBuffer.isView(description)
    ? new Uint8Array(
      description.buffer,
      description.byteOffset,
      description.byteLength,
    )
    : new Uint8Array(description);
  return bytes.slice().toHex();
}

async function bitrateOf(
  track: InputTrack,
): Promise<Pick<RenditionConfig, "bitrate">> {
  const bitrate = await track.getAverageBitrate() ?? await track.getBitrate();
  return bitrate && bitrate > 0 ? { bitrate: Math.round(bitrate) } : {};
}

async function paceOf(
  track: InputTrack,
  { isRewindable }: DescribeOptions,
): Promise<number | undefined> {
  if (!isRewindable) return undefined;
  const { averagePacketRate: rate, packetCount } = await track
    .computePacketStats(RATE_PACKETS);
  return packetCount > 1 && Number.isFinite(rate) && rate > 0
    ? rate
    : undefined;
}

// Whether parameter sets are in band is in the codec's name, by which peers tell the two apart; files do not always say it.
function codecWith(codec: string, description: string | undefined): string {
  return description === undefined
    ? codec.replace(/^avc1\./, "avc3.").replace(/^hvc1\./, "hev1.")
    : codec.replace(/^avc3\./, "avc1.").replace(/^hev1\./, "hvc1.");
}

/** A track as media describes it. */
export type TrackDescription = VideoDescription | AudioDescription;

/** The rendition of a track, or `undefined` when its codec is unknown or it is neither picture nor sound. */
export async function describeTrack(
  track: InputTrack,
  options: DescribeOptions,
): Promise<TrackDescription | undefined> {
  if (UNPLAYABLE.has(await track.getCodec())) return undefined;
  if (track.isVideoTrack()) return await describeVideo(track, options);
  if (track.isAudioTrack()) return await describeAudio(track, options);
  return undefined;
}

async function describeVideo(
  track: InputVideoTrack,
  options: DescribeOptions,
): Promise<VideoDescription | undefined> {
  const decoder = await track.getDecoderConfig();
  if (!decoder) return undefined;
  const description = hexOf(decoder.description);
  const rate = await paceOf(track, options);
  const { codedWidth, codedHeight } = decoder;
  const { displayAspectWidth, displayAspectHeight } = decoder;
  const config = {
    codec: codecWith(decoder.codec, description),
    ...(description !== undefined && { description }),
    ...(codedWidth && codedHeight && { codedWidth, codedHeight }),
    ...(displayAspectWidth && displayAspectHeight &&
      { displayAspectWidth, displayAspectHeight }),
    ...(rate !== undefined && {
      framerate: Math.round(rate * 1000) / 1000,
      jitter: Math.ceil(1000 / rate),
    }),
    ...await bitrateOf(track),
  };
  return { kind: "video", config, rotation: await track.getRotation() };
}

async function describeAudio(
  track: InputAudioTrack,
  options: DescribeOptions,
): Promise<AudioDescription | undefined> {
  const decoder = await track.getDecoderConfig();
  if (!decoder) return undefined;
  const kind = "audio";
  if (isPcm(decoder.codec)) {
    const config = pcmConfig(decoder);
    return { kind, config, hasAdts: false, pcm: decoder.codec };
  }
  let { codec } = decoder;
  let description = hexOf(decoder.description);
  let hasAdts = false;
  const family = await track.getCodec();
  if (family === "mp3" || (family === "aac" && description === undefined)) {
    const first = await new EncodedPacketSink(track).getFirstPacket();
    // MPEG-TS has one name for layers II and III, whose decoders differ. ISO/IEC 11172-3, section 2.4.1.3.
    const [sync, layer = 0] = first?.data ?? [];
    const isLayer2 = sync === 0xff && (layer & 0xe6) === 0xe4;
    if (family === "mp3" && isLayer2) codec = "mp2";
    hasAdts = first !== null && family === "aac" && isAdts(first.data);
    if (first && hasAdts) {
      description = readAdtsHeader(first.data).audioSpecificConfig.toHex();
    }
  }
  const rate = await paceOf(track, options);
  const config: AudioConfig = {
    codec,
    sampleRate: decoder.sampleRate,
    numberOfChannels: decoder.numberOfChannels,
    ...(description !== undefined && { description }),
    ...(rate !== undefined && { jitter: Math.ceil(1000 / rate) }),
    ...await bitrateOf(track),
  };
  return { kind, config, hasAdts };
}
