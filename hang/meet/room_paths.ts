/**
 * Who is in a room: the broadcasts below its path, as they come and go.
 *
 * @module
 */
import type { OriginScope } from "@moq-deno/lite";
import { running } from "../signals/lasting.ts";
import { type ReadonlySignal, Signal } from "../signals/signal.ts";

/** Options of {@linkcode RoomPaths}. */
export interface RoomPathsOptions {
  /** What is announced. */
  readonly scope: OriginScope;
  /** Path of the room. */
  readonly room: string;
  /** The own path below the room, which is left out. */
  readonly own?: string | undefined;
}

/** Follows until it is closed. */
export class RoomPaths {
  readonly #paths: Set<string> = new Set();
  readonly #now = new Signal<readonly string[]>([]);
  /** The paths below the room, the longest there first; one with a new publisher moves to the end. */
  readonly now: ReadonlySignal<readonly string[]> = this.#now;
  readonly #stop: () => void;

  /** Begins at once. */
  constructor(options: RoomPathsOptions) {
    this.#stop = running((signal) => this.#run(options, signal));
  }

  /** Stops following. Idempotent. */
  close(): void {
    this.#stop();
  }

  async #run(
    { scope, room, own }: RoomPathsOptions,
    signal: AbortSignal,
  ): Promise<void> {
    for await (const { path, kind } of scope.announced(room, { signal })) {
      if (path === "" || path === own || kind === "update") continue;
      if (kind === "start") this.#paths.add(path);
      else this.#paths.delete(path);
      this.#now.set([...this.#paths]);
    }
  }
}
