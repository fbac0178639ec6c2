/**
 * Who is in a room: the broadcasts below its path, as they come and go.
 *
 * @module
 */
import { MoqError, type OriginScope } from "@moq-deno/lite";
import { type ReadonlySignal, Signal } from "../signals/signal.ts";

/** Options of {@linkcode RoomPaths}. */
export interface RoomPathsOptions {
  /** What is announced. */
  readonly scope: OriginScope;
  /** Path of the room. */
  readonly room: string;
  /** The path below the room that is left out: one's own. */
  readonly own?: string | undefined;
}

/** Follows until it is closed. */
export class RoomPaths {
  readonly #paths: Set<string> = new Set();
  readonly #now: Signal<readonly string[]> = new Signal<readonly string[]>([]);
  readonly #end = new AbortController();

  /** Begins at once. */
  constructor(options: RoomPathsOptions) {
    void this.#run(options, this.#end.signal); // does not fail
  }

  /** The paths below the room, who came first comes first; one whose publisher is another now comes last. */
  get now(): ReadonlySignal<readonly string[]> {
    return this.#now;
  }

  /** Follows no more. Idempotent. */
  close(): void {
    this.#end.abort(new MoqError("closed", "Room was closed"));
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
