/**
 * Reads the tar archives that `deno publish` uploads. POSIX ustar.
 *
 * @module
 */

/** Files by absolute path. */
export type Files = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

const BLOCK_BYTES = 512;
const DIRECTORY = "5";

// Offset and length of each field of a header.
const NAME = [0, 100] as const;
const SIZE = [124, 12] as const;
const TYPE = [156, 1] as const;
const PREFIX = [345, 155] as const;

/** The regular files of an uncompressed archive; throws `RangeError` if it is truncated. */
export function readTar(tar: Uint8Array<ArrayBuffer>): Files {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (let at = 0; at < tar.byteLength && tar[at] !== 0;) {
    const header = tar.subarray(at, at + BLOCK_BYTES);
    const size = Number.parseInt(field(header, SIZE), 8);
    const start = at + BLOCK_BYTES;
    if (!(start + size <= tar.byteLength)) {
      throw new RangeError(
        `Expected an entry of at most ${
          tar.byteLength - start
        } bytes, got ${size}`,
      );
    }
    if (field(header, TYPE) !== DIRECTORY) {
      files.set(pathOf(header), tar.slice(start, start + size));
    }
    at = start + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
  return files;
}

function pathOf(header: Uint8Array): string {
  const prefix = field(header, PREFIX);
  const name = field(header, NAME);
  const path = prefix === "" ? name : `${prefix}/${name}`;
  return `/${path.replace(/^\.?\//, "")}`;
}

function field(
  header: Uint8Array,
  [start, length]: readonly [start: number, length: number],
): string {
  const bytes = header.subarray(start, start + length);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
