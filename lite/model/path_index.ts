/**
 * An index of items by path. Looking up a subtree does not visit items outside
 * it.
 *
 * @module
 */

/** Finds items by every path at or above their own. */
export class PathIndex<T> {
  readonly #below: Map<string, Set<T>> = new Map();

  /** Everything at or below the normalized `path`. */
  below(path: string): ReadonlySet<T> {
    return this.#below.get(path) ?? NOTHING;
  }

  /** Adds `item` at `path`, normalized. */
  add(path: string, item: T): void {
    for (const above of upwards(path)) {
      const items = this.#below.get(above);
      if (items) items.add(item);
      else this.#below.set(above, new Set([item]));
    }
  }

  /** Removes `item`, which was added at `path`. */
  delete(path: string, item: T): void {
    for (const above of upwards(path)) {
      const items = this.#below.get(above);
      items?.delete(item);
      if (items?.size === 0) this.#below.delete(above);
    }
  }
}

const NOTHING: ReadonlySet<never> = new Set();

/** `path`, normalized, and all its ancestors, the root last. */
export function* upwards(path: string): Generator<string, undefined> {
  for (let at = path;; at = at.slice(0, Math.max(at.lastIndexOf("/"), 0))) {
    yield at;
    if (at === "") return;
  }
}
