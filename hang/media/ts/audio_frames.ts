/**
 * The frames of sound in a transport stream, which cuts them anywhere: AAC with
 * ADTS headers, MPEG audio, AC-3 and E-AC-3.
 *
 * @module
 */
import { joinBytes } from "@moq-deno/lite/internal";

/** What a frame's header says. */
export interface AudioFrameHeader {
  /** Header and all. */
  readonly bytes: number;
  /** How long it lasts. */
  readonly samples: number;
  /** A second. */
  readonly rate: number;
}

/** Reads a frame's header at `at`, `undefined` when there is none. */
export type ReadFrameHeader = (
  bytes: Uint8Array,
  at: number,
) => AudioFrameHeader | undefined;

/** Bytes that any of the headers needs. */
export const HEADER_BYTES = 7;

const AAC_RATES = [
  ...[96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000],
  ...[11025, 8000, 7350],
];

/** ISO/IEC 14496-3, section 1.A.2. */
export const readAac: ReadFrameHeader = (bytes, at) => {
  if (bytes[at] !== 0xff || (bytes[at + 1]! & 0xf6) !== 0xf0) return undefined;
  const rate = AAC_RATES[(bytes[at + 2]! >> 2) & 0xf];
  const size = ((bytes[at + 3]! & 3) << 11) | (bytes[at + 4]! << 3) |
    (bytes[at + 5]! >> 5);
  if (rate === undefined || size < HEADER_BYTES) return undefined;
  return { bytes: size, samples: 1024 * ((bytes[at + 6]! & 3) + 1), rate };
};

const MPEG_RATES = [44100, 48000, 32000];
const KBPS: Readonly<Record<string, readonly number[]>> = {
  "1-1": [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  "1-2": [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  "1-3": [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  "2-1": [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  "2-2": [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  "2-3": [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};

/** ISO/IEC 11172-3, section 2.4.1.3, with the lower rates of ISO/IEC 13818-3 and 2.5. */
export const readMpegAudio: ReadFrameHeader = (bytes, at) => {
  const [second, third] = [bytes[at + 1]!, bytes[at + 2]!];
  if (bytes[at] !== 0xff || (second & 0xe0) !== 0xe0) return undefined;
  const version = (second >> 3) & 3; // 3 is MPEG 1, 2 is 2, 0 is 2.5
  const layer = 4 - ((second >> 1) & 3);
  const isFirst = version === 3;
  const kbps = KBPS[`${isFirst ? 1 : 2}-${layer}`]?.[(third >> 4) - 1];
  const fullRate = MPEG_RATES[(third >> 2) & 3];
  if (version === 1 || kbps === undefined || !fullRate) return undefined;
  const rate = fullRate / (isFirst ? 1 : version === 2 ? 2 : 4);
  const padding = (third >> 1) & 1;
  if (layer === 1) {
    const slots = Math.floor((12_000 * kbps) / rate) + padding;
    return { bytes: slots * 4, samples: 384, rate };
  }
  const samples = layer === 3 && !isFirst ? 576 : 1152;
  const size = Math.floor((samples * 125 * kbps) / rate) + padding;
  return { bytes: size, samples, rate };
};

const AC3_RATES = [48000, 44100, 32000];
const AC3_KBPS = [
  ...[32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448],
  ...[512, 576, 640],
];
const AC3_SAMPLES = 1536;

/** ETSI TS 102 366, section 4.4.1 and annex E. */
export const readAc3: ReadFrameHeader = (bytes, at) => {
  if (bytes[at] !== 0x0b || bytes[at + 1] !== 0x77) return undefined;
  const isEnhanced = bytes[at + 5]! >> 3 > 10;
  return isEnhanced ? readEac3(bytes, at) : readPlainAc3(bytes[at + 4]!);
};

function readPlainAc3(codes: number): AudioFrameHeader | undefined {
  const rate = AC3_RATES[codes >> 6];
  const kbps = AC3_KBPS[(codes & 0x3f) >> 1];
  if (!rate || !kbps) return undefined;
  const odd = rate === 44100 ? codes & 1 : 0;
  const words = Math.floor((kbps * 96_000) / rate) + odd;
  return { bytes: words * 2, samples: AC3_SAMPLES, rate };
}

function readEac3(bytes: Uint8Array, at: number): AudioFrameHeader | undefined {
  const size = ((((bytes[at + 2]! & 7) << 8) | bytes[at + 3]!) + 1) * 2;
  const codes = bytes[at + 4]!;
  const isHalf = codes >> 6 === 3;
  const rate = isHalf
    ? (AC3_RATES[(codes >> 4) & 3] ?? 0) / 2
    : AC3_RATES[codes >> 6]!;
  const blocks = isHalf ? 6 : [1, 2, 3, 6][(codes >> 4) & 3]!;
  // A dependent frame adds channels to the one before and lasts no longer.
  const isDependent = bytes[at + 2]! >> 6 === 1;
  if (rate === 0 || size < HEADER_BYTES) return undefined;
  return { bytes: size, samples: isDependent ? 0 : blocks * 256, rate };
}

/** A frame and where in time it is. */
interface AudioFrame {
  /** In microseconds, by the clock of the stream. */
  readonly timestampUs: number;
  /** In microseconds. */
  readonly durationUs: number;
  /** Header and all. */
  readonly data: Uint8Array;
}

/** Cuts frames out of bytes; what is between them is left out. */
export class FrameCutter {
  readonly #read: ReadFrameHeader;
  #rest: Uint8Array = new Uint8Array();
  #nextUs: number | undefined;

  /** Of the codec whose headers `read` reads. */
  constructor(read: ReadFrameHeader) {
    this.#read = read;
  }

  /** The frames that `data` completes; `timestampUs` is that of the first one that begins in it. */
  *push(
    data: Uint8Array,
    timestampUs: number | undefined,
  ): Iterable<AudioFrame> {
    const carried = this.#rest.byteLength;
    const bytes = joinBytes([this.#rest, data]);
    let ownUs = timestampUs;
    let at = 0;
    while (at + HEADER_BYTES <= bytes.byteLength) {
      const header = this.#read(bytes, at);
      if (!header) {
        at++;
        continue;
      }
      const end = at + header.bytes;
      // Until it is complete nothing is settled: its time comes with the bytes that it began in.
      if (end > bytes.byteLength) break;
      if (at >= carried && ownUs !== undefined) {
        this.#nextUs = ownUs;
        ownUs = undefined;
      }
      const durationUs = header.samples * 1_000_000 / header.rate;
      if (this.#nextUs !== undefined) {
        yield {
          timestampUs: Math.round(this.#nextUs),
          durationUs: Math.round(durationUs),
          data: bytes.subarray(at, end),
        };
        this.#nextUs += durationUs;
      }
      at = end;
    }
    // A frame that is cut here has begun in these bytes.
    if (at >= carried && ownUs !== undefined) this.#nextUs = ownUs;
    this.#rest = bytes.slice(at);
  }

  /** What was carried over does not go on. */
  reset(): void {
    this.#rest = new Uint8Array();
    this.#nextUs = undefined;
  }
}
