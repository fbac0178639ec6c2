/**
 * H.264 and H.265 as a plain stream of bytes: start codes in place of lengths,
 * parameter sets in front of each keyframe. ISO/IEC 14496-15, sections 5.3.3.1
 * and 8.3.3.1; ITU-T H.264 and H.265, annex B.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { joinBytes } from "@moq-deno/lite/internal";

/** In front of each NAL unit. */
export const START_CODE: Uint8Array = Uint8Array.of(0, 0, 0, 1);

/** What the decoder's extra data says about a stream with lengths. */
interface LengthFormat {
  readonly lengthBytes: number;
  readonly parameterSets: readonly Uint8Array[];
}

/** Bytes taken one after the other; past the end it throws `MoqError("decode")`. */
class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.byteLength - this.#at;
  }

  take(length: number): Uint8Array {
    if (length > this.remaining) {
      throw new MoqError(
        "decode",
        `Expected ${length} more bytes of H.264 or H.265, got ${this.remaining}`,
      );
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  unsigned(bytes: number): number {
    return this.take(bytes).reduce((value, byte) => value * 256 + byte, 0);
  }
}

function readAvcC(description: Uint8Array): LengthFormat {
  const cursor = new Cursor(description);
  cursor.take(4); // version, profile, compatibility, level
  const lengthBytes = (cursor.unsigned(1) & 0x3) + 1;
  const parameterSets: Uint8Array[] = [];
  for (const mask of [0x1f, 0xff]) { // SPS, then PPS
    const count = cursor.unsigned(1) & mask;
    for (let i = 0; i < count; i++) {
      parameterSets.push(cursor.take(cursor.unsigned(2)));
    }
  }
  return { lengthBytes, parameterSets };
}

function readHvcC(description: Uint8Array): LengthFormat {
  const cursor = new Cursor(description);
  cursor.take(21);
  const lengthBytes = (cursor.unsigned(1) & 0x3) + 1;
  const parameterSets: Uint8Array[] = [];
  const arrays = cursor.unsigned(1);
  for (let array = 0; array < arrays; array++) {
    cursor.take(1);
    const count = cursor.unsigned(2);
    for (let i = 0; i < count; i++) {
      parameterSets.push(cursor.take(cursor.unsigned(2)));
    }
  }
  return { lengthBytes, parameterSets };
}

/** NAL units, each behind a start code. */
export function joinUnits(
  units: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  return joinBytes(units.flatMap((unit) => [START_CODE, unit]));
}

/** Turns samples of one rendition into Annex B. */
export class AnnexB {
  readonly #format: LengthFormat | undefined;

  /** `description` is avcC for H.264 and hvcC for H.265; without one the samples are Annex B already. */
  constructor(codec: string, description: Uint8Array | undefined) {
    if (!/^(?:avc|hev|hvc)/.test(codec)) {
      throw new MoqError(
        "unsupported",
        `Expected H.264 or H.265 for a raw stream, got ${codec}`,
      );
    }
    this.#format = description &&
      (codec.startsWith("avc") ? readAvcC(description) : readHvcC(description));
  }

  /** The sample's bytes; throws `MoqError("decode")` when its lengths do not fit. */
  sample(
    { data, isKeyframe }: {
      readonly data: Uint8Array;
      readonly isKeyframe: boolean;
    },
  ): Uint8Array {
    if (!this.#format) return data;
    const { lengthBytes, parameterSets } = this.#format;
    const units: Uint8Array[] = isKeyframe ? [...parameterSets] : [];
    const cursor = new Cursor(data);
    while (cursor.remaining > 0) {
      units.push(cursor.take(cursor.unsigned(lengthBytes)));
    }
    return joinUnits(units);
  }
}
