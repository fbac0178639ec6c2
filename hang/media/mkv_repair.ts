/**
 * Matroska that is damaged or cut. The library looks for the next part itself
 * and, where there is none, never ends; so it is found here. What is damaged is
 * shown as an element of nothing.
 *
 * @module
 */
import { firstPlace } from "@moq-deno/lite/internal";
import {
  CLUSTER,
  EBML,
  type ElementHeader,
  findPart,
  headerAt,
  isPart,
  MAX_HEADER_BYTES,
  OVERLAP_BYTES,
  placeInCluster,
  SEGMENT,
  sizeBytes,
  voidHeader,
} from "./ebml.ts";
import type { RandomAccess } from "./source.ts";

const SEARCH_BYTES = 64 << 10;
// A day of clusters of a tenth of a second; what lies behind more is taken for damage.
const MAX_PARTS = 1_000_000;
const MAX_PATCHES = 1024;

/** Called with damage, in bytes that are not read. */
export type DamageListener = (bytes: number) => void;

/** Whether `head` begins a Matroska or WebM file. */
export function isMatroska(head: Uint8Array): boolean {
  return headerAt(head)?.id === EBML;
}

/**
 * `file` without damage. Where its parts begin is read now, a few bytes each;
 * what is in a cluster is looked at when it is first read, and `damaged` may be
 * called then.
 */
export async function repairedMatroska(
  file: RandomAccess,
  damaged: DamageListener = () => {},
): Promise<RandomAccess> {
  const repaired = new RepairedFile(file, damaged);
  await repaired.walk();
  return repaired;
}

/** Bytes of a file, or such as are read in their place. */
interface Piece {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** A cluster whose size is right, as far as one can tell from outside. */
interface Cluster {
  readonly body: number;
  readonly end: number;
  /** What covers the damage in it, once it was read. */
  check?: Promise<Piece | undefined>;
}

class RepairedFile implements RandomAccess {
  readonly #file: RandomAccess;
  readonly #damaged: DamageListener;
  readonly #patches: Piece[] = [];
  // In the order of the file.
  readonly #clusters: Cluster[] = [];
  #piece: Piece = { start: 0, bytes: new Uint8Array(0) };

  constructor(file: RandomAccess, damaged: DamageListener) {
    this.#file = file;
    this.#damaged = damaged;
  }

  get size(): number {
    return this.#file.size;
  }

  async read(start: number, end: number): Promise<Uint8Array> {
    const bytes = await this.#file.read(start, end);
    const found = await Promise.all(this.#checks(start, end));
    const patches = [...this.#patches, ...found.filter((p) => !!p)]
      .filter((p) => p.start < end && p.start + p.bytes.byteLength > start);
    if (patches.length === 0) return bytes;
    const copy = bytes.slice();
    for (const patch of patches) {
      for (const [index, byte] of patch.bytes.entries()) {
        const at = patch.start + index - start;
        if (at >= 0 && at < copy.byteLength) copy[at] = byte;
      }
    }
    return copy;
  }

  /** Goes from part to part. */
  async walk(): Promise<void> {
    const ebml = await this.#header(0);
    if (ebml?.id !== EBML || ebml.size === undefined) return;
    const start = ebml.headerBytes + ebml.size;
    const segment = await this.#header(start);
    if (segment?.id !== SEGMENT) return;
    let at = start + segment.headerBytes;
    const end = Math.min(at + (segment.size ?? Infinity), this.size);
    for (let parts = 0; at + 2 <= end; parts++) {
      const isTooMuch = parts === MAX_PARTS ||
        this.#patches.length >= MAX_PATCHES;
      if (isTooMuch) return this.#cover(at, end);
      at = await this.#next(at, end);
    }
  }

  /** The element at `at`; for others near it, the next `ahead` bytes are kept. */
  async #header(
    at: number,
    ahead = MAX_HEADER_BYTES,
  ): Promise<ElementHeader | undefined> {
    let { start, bytes } = this.#piece;
    const wanted = Math.min(at + MAX_HEADER_BYTES, this.size);
    if (at < start || wanted > start + bytes.byteLength) {
      if (at >= this.size) return undefined;
      start = at;
      bytes = await this.#file.read(at, Math.min(at + ahead, this.size));
      this.#piece = { start, bytes };
    }
    return headerAt(bytes, at - start);
  }

  /** Behind the part at `at`, or behind the damage there. */
  async #next(at: number, end: number): Promise<number> {
    const part = await this.#header(at);
    if (!part || !isPart(part)) return await this.#pass(at, end);
    if (part.id === CLUSTER) return await this.#cluster(at, part, end);
    return at + part.headerBytes + part.size!;
  }

  /** Behind the cluster at `at`. One with another part right behind it has the right size; any other is read. */
  async #cluster(
    at: number,
    header: ElementHeader,
    end: number,
  ): Promise<number> {
    const body = at + header.headerBytes;
    const isOpen = header.size === undefined;
    const stop = Math.min(body + (header.size ?? Infinity), end);
    const isCut = !isOpen && body + header.size > end;
    if (!isOpen && !isCut && await this.#isPartAt(stop)) {
      this.#clusters.push({ body, end: stop });
      return stop;
    }
    const { reached, place } = await this.#childrenOf(body, stop, isOpen);
    if (place === "behind" && isOpen) return reached;
    const next = place === "damage" ? await this.#pass(reached, stop) : reached;
    if (!isOpen && next < body + header.size) {
      const bytes = sizeBytes(next - body, header);
      this.#patches.push({ start: body - bytes.byteLength, bytes });
    }
    return next;
  }

  async #isPartAt(at: number): Promise<boolean> {
    const part = await this.#header(at);
    return part !== undefined && isPart(part);
  }

  /** Where the children of a cluster end, and what is there. */
  async #childrenOf(
    body: number,
    end: number,
    isOpen = false,
  ): Promise<{ reached: number; place: "end" | "behind" | "damage" }> {
    let at = body;
    while (at + 2 <= end) {
      const child = await this.#header(at, SEARCH_BYTES);
      const place = placeInCluster(child, isOpen ? undefined : end - at);
      if (place !== "inside") return { reached: at, place };
      at += child!.headerBytes + child!.size!;
    }
    return { reached: end, place: "end" };
  }

  /** What is known of the clusters between `start` and `end`, each looked at once. */
  *#checks(
    start: number,
    end: number,
  ): Generator<Promise<Piece | undefined>, void> {
    const clusters = this.#clusters;
    let at = firstPlace(
      clusters.length,
      (place) => clusters[place]!.end > start,
    );
    for (let one; (one = clusters[at]) && one.body < end; at++) {
      yield one.check ??= this.#check(one);
    }
  }

  async #check({ body, end }: Cluster): Promise<Piece | undefined> {
    const { reached, place } = await this.#childrenOf(body, end);
    if (place !== "damage") return undefined;
    this.#damaged(end - reached);
    return { start: reached, bytes: voidHeader(end - reached) };
  }

  /** Covers what lies from `at` to the next part. */
  async #pass(at: number, end: number): Promise<number> {
    const next = await this.#find(at + 1, end);
    this.#cover(at, next);
    return next;
  }

  #cover(start: number, end: number): void {
    // One byte holds no element, and none is read from it.
    if (end - start >= 2) {
      this.#patches.push({ start, bytes: voidHeader(end - start) });
    }
    this.#damaged(end - start);
  }

  async #find(from: number, end: number): Promise<number> {
    for (let at = from; at < end; at += SEARCH_BYTES - OVERLAP_BYTES) {
      const piece = await this.#file.read(at, Math.min(at + SEARCH_BYTES, end));
      const found = findPart(piece);
      if (found >= 0) return at + found;
    }
    return end;
  }
}
