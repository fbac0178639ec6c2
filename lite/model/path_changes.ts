/**
 * A log of changed paths with one entry per path. The cost of a change does not
 * depend on the number of listeners, and a slow listener sees many changes of a
 * path as one.
 *
 * @module
 */
import type { Latch } from "../latch.ts";

/** Most entries; a listener that is further behind has to examine all paths. */
const MANY_CHANGES = 1024;

interface Change {
  readonly path: string;
  number: number;
  older: Change | undefined;
  newer: Change | undefined;
}

/** The paths of an origin in the order of their last change. */
export class PathChanges {
  readonly #changes: Map<string, Change> = new Map();
  readonly #waiting: Set<Latch> = new Set();
  #oldest: Change | undefined;
  #newest: Change | undefined;
  #number = 0;
  #forgotten = 0;

  /** Number of the newest change, for {@linkcode PathChanges.since}. */
  get last(): number {
    return this.#number;
  }

  /** Records a change of `path` and wakes the waiting latches. */
  note(path: string): void {
    const present = this.#changes.get(path);
    if (present) this.#unlink(present);
    const change = present ??
      { path, number: 0, older: undefined, newer: undefined };
    change.number = ++this.#number;
    this.#changes.set(path, change);
    this.#append(change);
    if (this.#changes.size > MANY_CHANGES) this.#forgetOldest();
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const latch of waiting) latch.wake();
  }

  /** The paths that changed after change `number`, in order; `undefined` if the log no longer goes back that far. */
  since(number: number): readonly string[] | undefined {
    if (number < this.#forgotten) return undefined;
    const paths: string[] = [];
    for (
      let change = this.#newest;
      change && change.number > number;
      change = change.older
    ) paths.push(change.path);
    return paths.reverse();
  }

  /** Wakes `latch` at the next change, once. */
  wake(latch: Latch): void {
    this.#waiting.add(latch);
  }

  /** Stops waking `latch`. */
  leave(latch: Latch): void {
    this.#waiting.delete(latch);
  }

  #append(change: Change): void {
    change.older = this.#newest;
    change.newer = undefined;
    if (this.#newest) this.#newest.newer = change;
    else this.#oldest = change;
    this.#newest = change;
  }

  #unlink({ older, newer }: Change): void {
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
  }

  #forgetOldest(): void {
    const oldest = this.#oldest;
    if (!oldest) return;
    this.#unlink(oldest);
    this.#changes.delete(oldest.path);
    this.#forgotten = oldest.number;
  }
}
