/**
 * What Matroska is made of: elements, each an id, a size and a body. RFC 8794,
 * sections 4 and 5; RFC 9559, section 5.1.
 *
 * @module
 */

/** Begins every file. */
export const EBML = 0x1a45dfa3;
/** Holds everything else. */
export const SEGMENT = 0x18538067;
/** Holds pictures and sound. */
export const CLUSTER = 0x1f43b675;
/** Holds nothing. */
const VOID = 0xec;

/** The most bytes of an element's id and size. */
export const MAX_HEADER_BYTES = 12;
/** Bytes at the end of a piece in which an id of four bytes may begin that ends behind it. */
export const OVERLAP_BYTES = 3;

/** What stands at the top of a segment: where to find others, facts, tracks, clusters, an index, attachments, chapters, tags. */
const PARTS: ReadonlySet<number> = new Set([
  0x114d9b74,
  0x1549a966,
  0x1654ae6b,
  CLUSTER,
  0x1c53bb6b,
  0x1941a469,
  0x1043a770,
  0x1254c367,
]);

/** What stands in a cluster: times, blocks, and what may stand anywhere. */
const IN_CLUSTER: ReadonlySet<number> = new Set([
  0xe7,
  0xa3,
  0xa0,
  0xab,
  0xa7,
  0x5854,
  0xaf,
  VOID,
  0xbf,
]);

/** The beginning of an element. */
export interface ElementHeader {
  /** Its id. */
  readonly id: number;
  /** Bytes of the body; `undefined` where it ends with what cannot be in it, as in a live stream. */
  readonly size: number | undefined;
  /** Bytes of id and size. */
  readonly headerBytes: number;
}

/** A number of one to eight bytes, whose first bit that is set tells how many. */
function numberAt(
  bytes: Uint8Array,
  at: number,
  { keepsMarker }: { readonly keepsMarker: boolean },
): { readonly value: number; readonly size: number } | undefined {
  const first = bytes[at];
  if (!first) return undefined;
  const size = Math.clz32(first) - 23;
  if (at + size > bytes.byteLength) return undefined;
  let value = keepsMarker ? first : first & (0xff >> size);
  for (let n = 1; n < size; n++) value = value * 256 + bytes[at + n]!;
  return { value, size };
}

/** The element that begins at `at`, as far as its header is there and can be one. */
export function headerAt(
  bytes: Uint8Array,
  at = 0,
): ElementHeader | undefined {
  const id = numberAt(bytes, at, { keepsMarker: true });
  if (!id || id.size > 4) return undefined;
  const size = numberAt(bytes, at + id.size, { keepsMarker: false });
  if (!size) return undefined;
  const isUnknown = size.value >= 2 ** (7 * size.size) - 1;
  return {
    id: id.value,
    size: isUnknown ? undefined : size.value,
    headerBytes: id.size + size.size,
  };
}

/** Whether an element may stand at the top of a segment. */
export function isPart({ id, size }: ElementHeader): boolean {
  if (size === undefined) return id === CLUSTER;
  return id === VOID || PARTS.has(id);
}

/** What an element is in a cluster with `left` bytes, `undefined` for one of unknown size: in it, the part behind it, or neither. */
export function placeInCluster(
  header: ElementHeader | undefined,
  left: number | undefined,
): "inside" | "behind" | "damage" {
  if (!header) return "damage";
  if (header.id !== VOID && isPart(header)) return "behind";
  if (header.size === undefined) return "damage";
  const isInside = left === undefined
    ? IN_CLUSTER.has(header.id)
    : header.headerBytes + header.size <= left;
  return isInside ? "inside" : "damage";
}

/** Where the next id of four bytes that stands at the top of a segment begins in `bytes`, -1 for nowhere. */
export function findPart(bytes: Uint8Array, from = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = from; at + 4 <= bytes.byteLength; at++) {
    // All of them begin with 0001.
    if (bytes[at]! >> 4 === 1 && PARTS.has(view.getUint32(at))) return at;
  }
  return -1;
}

/** An element of nothing that takes exactly `bytes`, at least 2: its header. */
export function voidHeader(bytes: number): Uint8Array {
  if (bytes < 9) return Uint8Array.of(VOID, 0x80 | (bytes - 2));
  const header = new Uint8Array(9);
  header[0] = VOID;
  const view = new DataView(header.buffer);
  view.setUint32(1, Math.floor((bytes - 9) / 2 ** 32));
  view.setUint32(5, (bytes - 9) % 2 ** 32);
  header[1] = 1;
  return header;
}

/** `size` in as many bytes as the size of the element with `header` takes, which is not less. */
export function sizeBytes(
  size: number,
  { id, headerBytes }: ElementHeader,
): Uint8Array {
  const idBytes = 4 - Math.floor(Math.clz32(id) / 8);
  const bytes = new Uint8Array(headerBytes - idBytes);
  let rest = size;
  for (let at = bytes.byteLength - 1; at >= 0; at--) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes[0]! |= 0x80 >> (bytes.byteLength - 1);
  return bytes;
}
