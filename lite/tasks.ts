/**
 * Background work with an owner.
 *
 * @module
 */
import { asMoqError, type MoqError } from "./error.ts";

/** The background work of one owner. */
export class Tasks {
  readonly #running: Set<Promise<void>> = new Set();
  readonly #onFailure: (name: string, error: MoqError) => void;

  /** Calls `onFailure` for every task that throws. */
  constructor(onFailure: (name: string, error: MoqError) => void) {
    this.#onFailure = onFailure;
  }

  /** Number of running tasks. */
  get size(): number {
    return this.#running.size;
  }

  /** Adds a task, which already runs. */
  run(name: string, task: Promise<void>): void {
    const running = task.catch((error) =>
      this.#onFailure(name, asMoqError(error))
    ).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when all tasks have ended, including those added meanwhile. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
