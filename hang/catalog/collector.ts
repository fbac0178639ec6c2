/**
 * Reading as much of a catalog as is in order: what is not becomes a problem
 * with a name instead of the end of everything.
 *
 * @module
 */
import type { MoqError } from "@moq-deno/lite";
import { asMoqError } from "@moq-deno/lite/internal";
import { Fields } from "./fields.ts";

/** How the value of one entry of a section is read; throws `MoqError("decode")` that names the field. */
interface EntryFormat<T> {
  /** The section's field that has the entries by name. */
  readonly field: "renditions" | "tracks";
  /** Reads the entry called `path`. */
  readonly parse: (value: unknown, path: string) => T;
}

/** Gathers the problems of one catalog. */
export class Collector {
  /** One for each part that was left out. */
  readonly problems: MoqError[] = [];

  /** What `read` gives, or nothing and a problem noted. */
  attempt<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.problems.push(asMoqError(error, "decode"));
      return undefined;
    }
  }

  /** The entries of the section called `path` that are in order, by name. */
  entries<T>(
    section: Fields,
    path: string,
    { field, parse }: EntryFormat<T>,
  ): Record<string, T> {
    const all = section.value(field) ?? {};
    new Fields(all, `${path}.${field}`);
    const kept: [string, T][] = [];
    for (const [name, value] of Object.entries(all)) {
      const entry = this.attempt(() =>
        parse(value, `${path}.${field}.${name}`)
      );
      if (entry !== undefined) kept.push([name, entry]);
    }
    return Object.fromEntries(kept);
  }
}
