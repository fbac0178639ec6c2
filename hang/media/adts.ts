/**
 * ADTS headers, ISO/IEC 14496-3 section 1.A.2: MPEG-TS puts one before each
 * AAC frame, players and MP4 files want the frame alone and the facts once.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";

const HEADER_BYTES = 7;
const CHECKSUM_BYTES = 2;

/** What an ADTS header says. */
interface AdtsHeader {
  /** Bytes before the AAC frame. */
  readonly headerBytes: number;
  /** The two bytes of AudioSpecificConfig that say the same. */
  readonly audioSpecificConfig: Uint8Array;
}

/** Whether `data` begins as an ADTS frame does. */
export function isAdts(data: Uint8Array): boolean {
  return data.byteLength >= HEADER_BYTES && data[0] === 0xff &&
    (data[1]! & 0xf6) === 0xf0;
}

/** Reads the header at the start of `data`; throws `MoqError("decode")` when there is none. */
export function readAdtsHeader(data: Uint8Array): AdtsHeader {
  if (!isAdts(data)) {
    throw new MoqError(
      "decode",
      `Expected AAC with an ADTS header, got a packet of ${data.byteLength} bytes without`,
    );
  }
  const blocks = (data[6]! & 0x3) + 1;
  if (blocks > 1) {
    throw new MoqError(
      "unsupported",
      `Expected one AAC frame in each ADTS frame, got ${blocks}`,
    );
  }
  const hasChecksum = (data[1]! & 0x1) === 0;
  const objectType = (data[2]! >> 6) + 1;
  const rateIndex = (data[2]! >> 2) & 0xf;
  const channels = ((data[2]! & 0x1) << 2) | (data[3]! >> 6);
  return {
    headerBytes: HEADER_BYTES + (hasChecksum ? CHECKSUM_BYTES : 0),
    audioSpecificConfig: Uint8Array.of(
      (objectType << 3) | (rateIndex >> 1),
      ((rateIndex & 0x1) << 7) | (channels << 3),
    ),
  };
}

/** The AAC frame in `data`, without its ADTS header. */
export function stripAdtsHeader(data: Uint8Array): Uint8Array {
  return data.subarray(readAdtsHeader(data).headerBytes);
}
