/**
 * Things that belong to paths, found by every path above theirs: how much there
 * is elsewhere makes no difference.
 *
 * @module
 */

/** Items by the paths that they are at or below. */
export class PathIndex<T> {
  readonly #below: Map<string, Set<T>> = new Map();

  /** Everything at or below the normalized `path`. */
  below(path: string): ReadonlySet<T> {
    return this.#below.get(path) ?? NOTHING;
  }

  /** Adds `item` at the normalized `path`. */
  add(path: string, item: T): void {
    for (const above of upwards(path)) {
      const items = this.#below.get(above);
      if (items) items.add(item);
      else this.#below.set(above, new Set([item]));
    }
  }

  /** Takes `item` out, which is at `path`. */
  delete(path: string, item: T): void {
    for (const above of upwards(path)) {
      const items = this.#below.get(above);
      items?.delete(item);
      if (items?.size === 0) this.#below.delete(above);
    }
  }
}

const NOTHING: ReadonlySet<never> = new Set();

/** The normalized `path` and all above it, the root last. */
export function* upwards(path: string): Generator<string, undefined> {
  for (let at = path;; at = at.slice(0, Math.max(at.lastIndexOf("/"), 0))) {
    yield at;
    if (at === "") return;
  }
}
