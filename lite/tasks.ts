/**
 * Every task has an owner: who starts one hands it in here.
 *
 * @module
 */
import { asMoqError, type MoqError } from "./error.ts";

/** Work that runs beside its owner. */
export class Tasks {
  readonly #running: Set<Promise<void>> = new Set();
  readonly #onFailure: (name: string, error: MoqError) => void;

  /** `onFailure` hears of every task that throws. */
  constructor(onFailure: (name: string, error: MoqError) => void) {
    this.#onFailure = onFailure;
  }

  /** Tasks running now. */
  get size(): number {
    return this.#running.size;
  }

  /** Takes over a task. */
  run(name: string, task: Promise<void>): void {
    const running = task.catch((error) =>
      this.#onFailure(name, asMoqError(error))
    ).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when all tasks have ended, those started meanwhile included. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
