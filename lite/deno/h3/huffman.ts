/**
 * The Huffman code of header strings, RFC 7541 section 5.2 and appendix B. The
 * code is canonical, so the lengths alone define it.
 *
 * @module
 */
import { Http3Error } from "./error.ts";

// Code length of each symbol in base 36, in the order of appendix B; the last is EOS.
const LENGTHS = "dnsssssssoussussssssssusssssssss" +
  "6aacd68baa8b8666555666666678f6ca" +
  "d67777777777777777777777878djde6" +
  "f56565666577666567655677777fbeds" +
  "kmkkmmmnmnnnnnonoomnonnnnlmnmnno" +
  "mlkmmnnlnmmolmnnllmnlmnnkmmmnmmn" +
  "qqkjmnmpqqqrrqopjlqrrqrollqqsrrr" +
  "koklmllnmmppooqnqrqqrrrrrsrrrrrq" +
  "u";
const LONGEST = 30;
const EOS = 256;

interface Level {
  /** The first code of this length. */
  readonly first: number;
  /** Its symbols, in the order of their codes. */
  readonly symbols: readonly number[];
}

function buildLevels(): readonly Level[] {
  const lengths = [...LENGTHS].map((digit) => parseInt(digit, 36));
  const levels: Level[] = [];
  let first = 0;
  for (let length = 0; length <= LONGEST; length++) {
    const symbols = [...lengths.keys()].filter((s) => lengths[s] === length);
    levels.push({ first, symbols });
    first = (first + symbols.length) * 2;
  }
  return levels;
}

const LEVELS = buildLevels();

/** Decodes a Huffman-coded string, to at most 8/5 as many bytes; throws {@linkcode Http3Error} on EOS or bad padding. */
export function decodeHuffman(from: Uint8Array): Uint8Array {
  const into = new Uint8Array(Math.ceil(from.byteLength * 8 / 5));
  let length = 0;
  let code = 0;
  let bits = 0;
  for (const byte of from) {
    for (let shift = 7; shift >= 0; shift--) {
      code = code * 2 + ((byte >> shift) & 1);
      bits++;
      const { first, symbols } = LEVELS[bits]!;
      const symbol = symbols[code - first];
      if (symbol === undefined) continue;
      if (symbol === EOS) throw failure("Expected symbols, got end of string");
      into[length++] = symbol;
      code = 0;
      bits = 0;
    }
  }
  if (bits > 7 || code !== 2 ** bits - 1) {
    throw failure(`Expected up to 7 padding ones, got ${bits} other bits`);
  }
  return into.subarray(0, length);
}

function failure(message: string): Http3Error {
  return new Http3Error("qpackDecompressionFailed", message);
}
