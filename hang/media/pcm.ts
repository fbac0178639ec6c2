/**
 * Uncompressed sound in the one form that hang has: interleaved little-endian
 * 32-bit floats, in pieces short enough for live playback.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import type { AudioConfig } from "../catalog/catalog.ts";
import type { MediaPacket } from "./media.ts";

const PIECES_PER_SECOND = 50;
const MICROSECONDS = 1_000_000;
const FLOAT_BYTES = 4;

interface PcmFormat {
  readonly bytes: number;
  read(view: DataView, at: number): number;
}

// 24-bit integers have no reader of their own: three bytes at the top of 32 bits.
const FORMATS: Readonly<Record<string, PcmFormat>> = {
  "pcm-u8": { bytes: 1, read: (view, at) => view.getUint8(at) / 128 - 1 },
  "pcm-s8": { bytes: 1, read: (view, at) => view.getInt8(at) / 128 },
  "pcm-s16": {
    bytes: 2,
    read: (view, at) => view.getInt16(at, true) / 2 ** 15,
  },
  "pcm-s16be": { bytes: 2, read: (view, at) => view.getInt16(at) / 2 ** 15 },
  "pcm-s24": {
    bytes: 3,
    read: (view, at) =>
      ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 2 ** 23,
  },
  "pcm-s24be": {
    bytes: 3,
    read: (view, at) =>
      ((view.getInt8(at) << 16) | view.getUint16(at + 1)) / 2 ** 23,
  },
  "pcm-s32": {
    bytes: 4,
    read: (view, at) => view.getInt32(at, true) / 2 ** 31,
  },
  "pcm-s32be": { bytes: 4, read: (view, at) => view.getInt32(at) / 2 ** 31 },
  "pcm-f32": { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  "pcm-f32be": { bytes: 4, read: (view, at) => view.getFloat32(at) },
  "pcm-f64": { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  "pcm-f64be": { bytes: 8, read: (view, at) => view.getFloat64(at) },
};

/** Whether sound of this codec, as a file names it, can be published as PCM. */
export function isPcm(codec: string): boolean {
  return Object.hasOwn(FORMATS, codec);
}

/** The rendition of PCM sound: its bit rate follows from the rest. */
export function pcmConfig(
  { sampleRate, numberOfChannels }: Pick<
    AudioConfig,
    "sampleRate" | "numberOfChannels"
  >,
): AudioConfig {
  return {
    codec: "pcm",
    sampleRate,
    numberOfChannels,
    bitrate: sampleRate * numberOfChannels * FLOAT_BYTES * 8,
    jitter: 1000 / PIECES_PER_SECOND,
  };
}

/** What {@linkcode pcmPieces} needs to know. */
export interface PcmLayout {
  /** The codec as the file names it, for which {@linkcode isPcm} holds. */
  readonly codec: string;
  /** Of the rendition. */
  readonly config: AudioConfig;
}

/** `packet` as floats, 20 ms at a time. */
export function* pcmPieces(
  packet: MediaPacket,
  { codec, config }: PcmLayout,
): Generator<MediaPacket, void> {
  const format = isPcm(codec) ? FORMATS[codec] : undefined;
  if (!format) {
    throw new MoqError("unsupported", `Expected PCM, got ${codec}`);
  }
  const { sampleRate, numberOfChannels } = config;
  const { buffer, byteOffset, byteLength } = packet.data;
  const view = new DataView(buffer, byteOffset, byteLength);
  const frames = Math.floor(byteLength / (format.bytes * numberOfChannels));
  const step = Math.max(1, Math.floor(sampleRate / PIECES_PER_SECOND));
  const toUs = (count: number): number =>
    Math.round((count * MICROSECONDS) / sampleRate);
  for (let from = 0; from < frames; from += step) {
    const count = Math.min(step, frames - from);
    const data = new Uint8Array(count * numberOfChannels * FLOAT_BYTES);
    const out = new DataView(data.buffer);
    for (let i = 0; i < count * numberOfChannels; i++) {
      const at = (from * numberOfChannels + i) * format.bytes;
      out.setFloat32(i * FLOAT_BYTES, format.read(view, at), true);
    }
    yield {
      timestampUs: packet.timestampUs + toUs(from),
      durationUs: toUs(from + count) - toUs(from),
      isKeyframe: true,
      data,
    };
  }
}
