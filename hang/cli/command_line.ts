/**
 * A command line as a table: one row for each option and operand, from which
 * come its reading, the errors and the help.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { nearest } from "@moq-deno/lite/internal";

/** The value of `text`; throws `TypeError` or `RangeError` that names `form`, such as `--url`. */
type ReadText<T> = (text: string, form: string) => T;

/** An option, or an operand: what stands without dashes. */
export interface Row<T> {
  /** As people write it: `--url URL`, `--loop` or `FOLDER`. */
  readonly form: string;
  /** What it does, in one sentence without its end. */
  readonly help: string;
  /** What is read when it is absent. */
  readonly preset?: string;
  readonly isNeeded?: boolean;
  /** For operands: takes all that are left. */
  readonly isMany?: boolean;
  /** Reads its texts: none, one, or for many all of them. */
  readonly read: (texts: readonly string[], name: string) => T;
}

/** The rows of one command line, by where their values go. */
export type Rows = Readonly<Record<string, Row<unknown>>>;

/** The values of `R`. */
export type Values<R extends Rows> = {
  readonly [K in keyof R]: R[K] extends Row<infer T> ? T : never;
};

interface About<T> {
  readonly read: ReadText<T>;
  readonly help: string;
}

/** Something that must be there. */
export function needed<T>(form: string, { read, help }: About<T>): Row<T> {
  return {
    form,
    help,
    isNeeded: true,
    read([text], name) {
      if (text) return read(text, name);
      throw new TypeError(`Expected ${name}, got none`);
    },
  };
}

/** Something that may be absent. */
export function optional<T>(
  form: string,
  { read, help }: About<T>,
): Row<T | undefined> {
  return {
    form,
    help,
    read: ([text], name) => text === undefined ? undefined : read(text, name),
  };
}

/** Something with a default. */
export function preset<T>(
  form: string,
  { read, preset, help }: About<T> & { readonly preset: string },
): Row<T> {
  return {
    form,
    help,
    preset,
    read: ([text = preset], name) => read(text, name),
  };
}

/** One of a few words, the first of them by default. */
export function choice<const T extends string>(
  form: string,
  { words, help }: {
    readonly words: readonly [T, ...T[]];
    readonly help: string;
  },
): Row<T> {
  return preset(form, {
    preset: words[0],
    help,
    read(text, name) {
      const word = words.find((word) => word === text);
      if (word !== undefined) return word;
      throw new TypeError(
        `Expected ${name} to be ${words.join(", ")}, got ${
          JSON.stringify(text)
        }`,
      );
    },
  });
}

/** An option without a value. */
export function flag(form: string, help: string): Row<boolean> {
  return { form, help, read: ([text]) => text !== undefined };
}

/** All operands that are left, `preset` when there are none. */
export function operands(
  form: string,
  { preset, help }: { readonly preset: string; readonly help: string },
): Row<readonly string[]> {
  return {
    form,
    help,
    preset,
    isMany: true,
    read: (texts) => texts.length > 0 ? texts : [preset],
  };
}

/** What stands on a command line. */
export interface Given {
  /** By option, with its dashes. */
  readonly options: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
}

function nameOf({ form }: Row<unknown>): string {
  return form.split(" ")[0]!;
}

function isOption({ form }: Row<unknown>): boolean {
  return form.startsWith("--");
}

/** Tells the options from the operands; throws `TypeError` on an option that no row of `tables` has. */
export function parse(args: readonly string[], tables: readonly Rows[]): Given {
  const rows = tables.flatMap((table) => Object.values(table)).filter(isOption);
  const { values, positionals } = parseOptions(args, rows);
  const options = Object.entries(values).map(([name, value]) =>
    [`--${name}`, String(value)] as const
  );
  return { options: new Map(options), operands: positionals };
}

function parseOptions(
  args: readonly string[],
  rows: readonly Row<unknown>[],
): ReturnType<typeof parseArgs> {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: Object.fromEntries(rows.map((row) => {
        const type = row.form.includes(" ") ? "string" : "boolean";
        return [nameOf(row).slice(2), { type }];
      })),
    });
  } catch (cause) {
    const names = rows.map(nameOf);
    const stray = args.map((arg) => arg.split("=")[0]!)
      .find((arg) => arg.startsWith("--") && !names.includes(arg));
    if (stray === undefined) throw cause;
    throw new TypeError(`Unknown option ${stray}${meant(stray, names)}`, {
      cause,
    });
  }
}

/** `: did you mean …?` if one of `names` is near, else where to look. */
export function meant(name: string, names: Iterable<string>): string {
  const near = nearest(name, names);
  return near === undefined ? ": see --help" : `: did you mean ${near}?`;
}

/** The value of each row. Throws `TypeError` or `RangeError` on the first bad one, and on operands too many. */
export function read<R extends Rows>(
  rows: R,
  { options, operands }: Given,
): Values<R> {
  const left = [...operands];
  const values = Object.entries(rows).map(([key, row]) => {
    const name = nameOf(row);
    const option = options.get(name);
    const texts = !isOption(row)
      ? left.splice(0, row.isMany ? left.length : 1)
      : option === undefined
      ? []
      : [option];
    return [key, row.read(texts, name)];
  });
  if (left.length > 0) {
    const wanted = operandsOf(rows) || "options alone";
    throw new TypeError(`Expected ${wanted}, got ${operands.join(" ")}`);
  }
  // Every key of the table has been given its row's value above.
  return Object.fromEntries(values) as Values<R>;
}

/** The first option that is no row of `rows`. */
export function strayOf(rows: Rows, { options }: Given): string | undefined {
  const known = Object.values(rows).map(nameOf);
  return [...options.keys()].find((name) => !known.includes(name));
}

/** The names of the options of `rows`. */
export function optionNamesOf(rows: Rows): readonly string[] {
  return Object.values(rows).filter(isOption).map(nameOf);
}

/** The operands as the usage shows them. */
export function operandsOf(rows: Rows): string {
  return Object.values(rows).filter((row) => !isOption(row))
    .map(({ form, isNeeded, isMany }) =>
      isNeeded ? form : `[${form}]${isMany ? "..." : ""}`
    ).join(" ");
}

/** How a command is called, behind its name. */
export function usageOf(rows: Rows): string {
  const needed = Object.values(rows)
    .filter((row) => row.isNeeded && isOption(row)).map(({ form }) => form);
  return [...needed, "[OPTIONS]", operandsOf(rows)].join(" ").trim();
}

const HELP_COLUMN = 22;
const HELP_WIDTH = 58;

/** Every row with what it means: needed options first, operands last. */
export function optionsOf(rows: Rows): string {
  const rank = (row: Row<unknown>) => !isOption(row) ? 2 : row.isNeeded ? 0 : 1;
  const sorted = Object.values(rows).toSorted((a, b) => rank(a) - rank(b));
  return columns(
    sorted.map(({ form, help, preset }) => [
      form,
      preset ? `${help} (default: ${preset})` : help,
    ]),
  );
}

/** Two columns; the second is broken into lines. */
export function columns(
  lines: readonly (readonly [left: string, right: string])[],
): string {
  return lines.map(([left, right]) => {
    const [first, ...more] = wrapped(right);
    const start = `  ${left}`.padEnd(HELP_COLUMN);
    // A long form has a line of its own.
    const head = start.length > HELP_COLUMN
      ? `${start}\n${" ".repeat(HELP_COLUMN)}${first}`
      : `${start}${first}`;
    return [head, ...more.map((line) => " ".repeat(HELP_COLUMN) + line)]
      .join("\n");
  }).join("\n");
}

function wrapped(text: string): readonly string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trimStart();
    if (longer.length <= HELP_WIDTH) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
