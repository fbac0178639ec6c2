/**
 * Matroska that is damaged or cut. The library looks for the next part itself
 * and, where there is none, never ends; so it is found here. What is damaged is
 * shown as an element of nothing, or left out of a stream.
 *
 * @module
 */
import {
  CLUSTER,
  EBML,
  type ElementHeader,
  findPart,
  headerAt,
  isPart,
  MAX_HEADER_BYTES,
  placeInCluster,
  SEGMENT,
  sizeBytes,
  voidHeader,
} from "./ebml.ts";
import type { RandomAccess } from "./source.ts";

const SEARCH_BYTES = 64 << 10;
// An id of four bytes may begin in the last three of a piece.
const OVERLAP_BYTES = 3;
// A day of clusters of a tenth of a second; what lies behind more is taken for damage.
const MAX_PARTS = 1_000_000;
const MAX_PATCHES = 1024;

/** Told of damage, in bytes that are not read. */
type DamageListener = (bytes: number) => void;

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
    let low = 0;
    for (let high = this.#clusters.length; low < high;) {
      const middle = (low + high) >> 1;
      if (this.#clusters[middle]!.end <= start) low = middle + 1;
      else high = middle;
    }
    for (const cluster of this.#clusters.slice(low)) {
      if (cluster.body >= end) return;
      yield cluster.check ??= this.#check(cluster);
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

/** Takes the damage out of a stream of Matroska; any other passes as it is. */
export class MatroskaRepair extends TransformStream<Uint8Array, Uint8Array> {
  /** Tells `damaged` of it all, at the end. */
  constructor(damaged: DamageListener = () => {}) {
    const filter = new Filter();
    super({
      transform(chunk, controller) {
        for (const piece of filter.push(chunk)) controller.enqueue(piece);
      },
      flush: () => {
        filter.end();
        if (filter.damagedBytes > 0) damaged(filter.damagedBytes);
      },
    });
  }
}

class Filter {
  damagedBytes = 0;
  #rest = new Uint8Array(0);
  #where: "start" | "segment" | "cluster" | "lost" | "anything" = "start";
  // Bytes that pass without a look.
  #passing = 0;
  // Bytes of the cluster behind them, `undefined` for one of unknown size.
  #left: number | undefined;

  *push(chunk: Uint8Array): Generator<Uint8Array, void> {
    let bytes = chunk;
    if (this.#rest.byteLength > 0) {
      bytes = new Uint8Array(this.#rest.byteLength + chunk.byteLength);
      bytes.set(this.#rest);
      bytes.set(chunk, this.#rest.byteLength);
      this.#rest = new Uint8Array(0);
    }
    for (let at = 0; at < bytes.byteLength;) {
      if (this.#where === "anything") return yield bytes.subarray(at);
      if (this.#passing > 0) {
        const end = Math.min(at + this.#passing, bytes.byteLength);
        yield bytes.subarray(at, end);
        this.#passing -= end - at;
        at = end;
        continue;
      }
      if (this.#isLost()) {
        const found = findPart(bytes, at);
        const end = found >= 0
          ? found
          : Math.max(at, bytes.byteLength - OVERLAP_BYTES);
        this.damagedBytes += end - at;
        if (found < 0) return this.#keep(bytes.subarray(end));
        at = end;
        this.#where = "segment";
        continue;
      }
      if (this.#where === "cluster" && this.#left === 0) {
        this.#where = "segment";
      }
      const header = headerAt(bytes, at);
      const here = bytes.byteLength - at;
      if (!header && here < this.#most) return this.#keep(bytes.subarray(at));
      const patch = this.#enter(header, here);
      if (patch === "later") return this.#keep(bytes.subarray(at));
      if (patch) {
        yield patch;
        at += patch.byteLength;
      } else if (this.#isLost()) {
        this.damagedBytes++;
        at++;
      }
    }
  }

  /** The stream has ended: what is left is no whole header. */
  end(): void {
    this.damagedBytes += this.#rest.byteLength;
  }

  #isLost(): boolean {
    return this.#where === "lost";
  }

  /** The most bytes a header can take here. */
  get #most(): number {
    const left = this.#where === "cluster" ? this.#left : undefined;
    return Math.min(MAX_HEADER_BYTES, left ?? MAX_HEADER_BYTES);
  }

  #keep(bytes: Uint8Array): void {
    this.#rest = bytes.slice();
  }

  /**
   * Goes on with the element with `header`, as far as it may be here. Returns
   * what takes the place of its first bytes, for which more than the `here`
   * that have come may be needed.
   */
  #enter(
    header: ElementHeader | undefined,
    here: number,
  ): Uint8Array | "later" | undefined {
    if (this.#where === "start") {
      if (header?.id === EBML && header.size !== undefined) {
        this.#passing = header.headerBytes + header.size;
      } else if (header?.id === SEGMENT) {
        this.#where = "segment";
        this.#passing = header.headerBytes;
      } else this.#where = "anything";
      return undefined;
    }
    if (this.#where === "cluster") {
      const place = placeInCluster(header, this.#left);
      if (place === "inside") {
        this.#passing = header!.headerBytes + header!.size!;
        if (this.#left !== undefined) this.#left -= this.#passing;
        return undefined;
      }
      if (place === "damage" && this.#left !== undefined) {
        return this.#coverCluster(this.#left, here);
      }
    }
    this.#left = undefined;
    if (!header || !isPart(header)) {
      this.#where = "lost";
      return undefined;
    }
    const isCluster = header.id === CLUSTER;
    this.#where = isCluster ? "cluster" : "segment";
    this.#passing = header.headerBytes + (isCluster ? 0 : header.size!);
    if (isCluster) this.#left = header.size;
    return undefined;
  }

  /** Makes the rest of a cluster an element of nothing: its size has gone out already. */
  #coverCluster(left: number, here: number): Uint8Array | "later" | undefined {
    if (here < this.#most) return "later";
    this.#left = 0;
    this.damagedBytes += left;
    if (left < 2) {
      this.#passing = left;
      return undefined;
    }
    const header = voidHeader(left);
    this.#passing = left - header.byteLength;
    return header;
  }
}
