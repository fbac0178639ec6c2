/**
 * What an H.264 sequence parameter set says about the picture. ITU-T H.264,
 * section 7.3.2.1.1.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";

const MAX_EXP_GOLOMB_BITS = 32;
const MACROBLOCK = 16;
// Profiles whose parameter sets say how colours are stored.
const WITH_CHROMA = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134];

/** A codec string and a size. */
interface SpsFacts {
  /** For parameter sets that are in band. */
  readonly codec: string;
  /** Pixels that are shown. */
  readonly codedWidth: number;
  /** Pixels that are shown. */
  readonly codedHeight: number;
}

/** Bits from the most significant on, emulation prevention removed; past the end it throws `MoqError("decode")`. */
class Bits {
  readonly #bytes: readonly number[];
  #at = 0;

  constructor(unit: Uint8Array) {
    this.#bytes = [...unit].filter((byte, i) =>
      !(byte === 3 && i >= 2 && unit[i - 1] === 0 && unit[i - 2] === 0)
    );
  }

  bit(): number {
    const byte = this.#bytes[this.#at >> 3];
    if (byte === undefined) {
      throw new MoqError(
        "decode",
        `Expected a longer H.264 parameter set, got ${this.#bytes.length} bytes`,
      );
    }
    return (byte >> (7 - (this.#at++ & 7))) & 1;
  }

  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + this.bit();
    return value;
  }

  unsigned(): number {
    let zeros = 0;
    while (this.bit() === 0) {
      if (++zeros === MAX_EXP_GOLOMB_BITS) {
        throw new MoqError(
          "decode",
          `Expected a number of fewer than ${MAX_EXP_GOLOMB_BITS} bits in an H.264 parameter set, got more`,
        );
      }
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  signed(): number {
    const value = this.unsigned();
    return value % 2 === 1 ? (value + 1) / 2 : -value / 2;
  }
}

/** Reads a parameter set, its NAL header included; throws `MoqError("decode")`. */
export function readSps(unit: Uint8Array): SpsFacts {
  const bits = new Bits(unit);
  bits.bits(8);
  const [profile, constraints, level] = [
    bits.bits(8),
    bits.bits(8),
    bits.bits(8),
  ];
  bits.unsigned(); // its number
  const chroma = WITH_CHROMA.includes(profile) ? readChroma(bits) : 1;
  bits.unsigned(); // bits of the frame number
  skipPictureOrder(bits);
  bits.unsigned(); // reference frames
  bits.bit();
  const columns = bits.unsigned() + 1;
  const rows = bits.unsigned() + 1;
  const isFrames = bits.bit() === 1;
  if (!isFrames) bits.bit();
  bits.bit();
  const crop = bits.bit() === 1
    ? [bits.unsigned(), bits.unsigned(), bits.unsigned(), bits.unsigned()]
    : [0, 0, 0, 0];
  const fields = isFrames ? 1 : 2;
  const [left, right, top, bottom] = crop as [number, number, number, number];
  const unitX = chroma === 1 || chroma === 2 ? 2 : 1;
  const unitY = (chroma === 1 ? 2 : 1) * fields;
  const codedWidth = columns * MACROBLOCK - (left + right) * unitX;
  const codedHeight = rows * MACROBLOCK * fields - (top + bottom) * unitY;
  if (codedWidth <= 0 || codedHeight <= 0) {
    throw new MoqError(
      "decode",
      `Expected an H.264 picture with a size, got ${codedWidth} x ${codedHeight}`,
    );
  }
  const hex = Uint8Array.of(profile, constraints, level).toHex();
  return { codec: `avc3.${hex}`, codedWidth, codedHeight };
}

function readChroma(bits: Bits): number {
  const chroma = bits.unsigned();
  if (chroma === 3) bits.bit();
  bits.unsigned();
  bits.unsigned();
  bits.bit();
  if (bits.bit() === 0) return chroma;
  for (let list = 0; list < (chroma === 3 ? 12 : 8); list++) {
    if (bits.bit() === 1) skipScaling(bits, list < 6 ? 16 : 64);
  }
  return chroma;
}

function skipScaling(bits: Bits, size: number): void {
  let [last, next] = [8, 8];
  for (let i = 0; i < size; i++) {
    if (next !== 0) next = (last + bits.signed() + 256) % 256;
    last = next === 0 ? last : next;
  }
}

function skipPictureOrder(bits: Bits): void {
  const type = bits.unsigned();
  if (type === 0) bits.unsigned();
  if (type !== 1) return;
  bits.bit();
  bits.signed();
  bits.signed();
  const count = bits.unsigned();
  if (count > 255) {
    throw new MoqError("decode", `Expected at most 255 offsets, got ${count}`);
  }
  for (let i = 0; i < count; i++) bits.signed();
}
