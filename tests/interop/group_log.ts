/**
 * What a reader saw of each group, by the text of the group's first frame.
 *
 * @module
 */

/** How a group ended for its reader. */
export type GroupEnd = "whole" | "cut";

/** Reports what a reader sees; answers are JSON, so the reader may be in another program. */
export interface GroupWatcher {
  /** Waits for the first frame of this group. */
  begun(name: string): Promise<void>;
  /** Waits for the end of this group. */
  ended(name: string): Promise<GroupEnd>;
}

interface Entry {
  readonly begun: PromiseWithResolvers<void>;
  readonly ended: PromiseWithResolvers<GroupEnd>;
}

/** Written by a reader, read by a test. */
export class GroupLog implements GroupWatcher {
  readonly #entries: Map<string, Entry> = new Map();

  #entry(name: string): Entry {
    const entry = this.#entries.get(name) ?? {
      begun: Promise.withResolvers(),
      ended: Promise.withResolvers(),
    };
    this.#entries.set(name, entry);
    return entry;
  }

  /** Reads a group to its end. */
  async read(frames: AsyncIterable<string>): Promise<void> {
    let name: string | undefined;
    try {
      for await (const text of frames) {
        name ??= text;
        this.#entry(name).begun.resolve();
      }
      if (name !== undefined) this.#entry(name).ended.resolve("whole");
    } catch {
      // A group that was cut before its first frame has no name, and is ignored.
      if (name !== undefined) this.#entry(name).ended.resolve("cut");
    }
  }

  begun(name: string): Promise<void> {
    return this.#entry(name).begun.promise;
  }

  ended(name: string): Promise<GroupEnd> {
    return this.#entry(name).ended.promise;
  }
}
