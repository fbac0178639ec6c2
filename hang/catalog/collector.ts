/**
 * Reading as much of a catalog as is in order: what is not becomes a problem
 * with a name instead of the end of everything.
 *
 * @module
 */
import type { MoqError } from "@moq-deno/lite";
import { asMoqError } from "@moq-deno/lite/internal";
import { type FieldReader, Fields, present } from "./fields.ts";

/** How the value of one entry of a section is read; throws `MoqError("decode")` that names the field. */
interface EntryFormat<T> {
  /** The section's field that has the entries by name. */
  readonly field: "renditions" | "tracks";
  /** Reads the entry called `path`. */
  readonly parse: (value: unknown, path: string) => T;
}

/** Checks a section of the catalog; what of it can be left out is, and is noted. */
export type SectionParser = (value: unknown, collector: Collector) => unknown;

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

  /** The entries of `section` that are in order, by name. */
  entries<T>(
    section: Fields,
    { field, parse }: EntryFormat<T>,
  ): Record<string, T> {
    const all = section.value(field) ?? {};
    const path = `${section.path}.${field}`;
    new Fields(all, path);
    const kept: [string, T][] = [];
    for (const [name, value] of Object.entries(all)) {
      const entry = this.attempt(() => parse(value, `${path}.${name}`));
      if (entry !== undefined) kept.push([name, entry]);
    }
    return Object.fromEntries(kept);
  }
}

/** A section called `name`: the entries of its `field` are read by `entry`, its other fields as `shape` says. */
export function sectionOf<T>(
  { name, field, entry, shape = {} }: {
    readonly name: string;
    readonly field: EntryFormat<T>["field"];
    readonly entry: EntryFormat<T>["parse"];
    readonly shape?: Readonly<Record<string, FieldReader<unknown>>>;
  },
): SectionParser {
  return (value, collector) => {
    const section = new Fields(value, name);
    const entries = collector.entries(section, { field, parse: entry });
    const readers = Object.entries(shape);
    return {
      ...section.except([field, ...Object.keys(shape)]),
      [field]: entries,
      ...present(Object.fromEntries(
        readers.map(([name, reader]) => [
          name,
          collector.attempt(() => section.read(name, reader)),
        ]),
      )),
    };
  };
}
