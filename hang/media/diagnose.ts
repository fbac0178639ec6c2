/**
 * A sentence about a file that could not be read, for whoever has to find out
 * why.
 *
 * @module
 */
import type { RandomAccess } from "./source.ts";

const MAX_BOXES = 16;
const HEADER_BYTES = 8;
const BOX_TYPE = /^[\x20-\x7e]{4}$/;

/** The top-level boxes of an MP4 file, or else its first bytes. */
export async function diagnose(
  file: RandomAccess | undefined,
): Promise<string> {
  if (!file) return "a stream, which cannot be read again to say more";
  if (file.size === 0) return "an empty file";
  const boxes: string[] = [];
  for (let at = 0; at < file.size && boxes.length < MAX_BOXES;) {
    const header = await file.read(at, Math.min(at + HEADER_BYTES, file.size));
    const type = String.fromCharCode(...header.subarray(4));
    if (header.byteLength < HEADER_BYTES || !BOX_TYPE.test(type)) break;
    const size = new DataView(header.buffer, header.byteOffset).getUint32(0);
    const isCut = size === 1 || size === 0 ? false : at + size > file.size;
    boxes.push(isCut ? `${type} (cut short)` : type);
    if (size < HEADER_BYTES) break; // to the end of the file, or beyond 4 GiB
    at += size;
  }
  if (boxes.length > 0) return `boxes ${boxes.join(", ")}`;
  const first = await file.read(0, Math.min(HEADER_BYTES, file.size));
  return `a file that begins with ${first.slice().toHex()}`;
}
