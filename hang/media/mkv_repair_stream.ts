/**
 * Damage in a stream of Matroska, which is left out; as `mkv_repair.ts` does
 * for a file.
 *
 * @module
 */
import { joinBytes } from "@moq-deno/lite/internal";
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
  voidHeader,
} from "./ebml.ts";
import type { DamageListener } from "./mkv_repair.ts";

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
      bytes = joinBytes([this.#rest, chunk]);
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
