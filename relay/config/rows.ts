/**
 * What a setting and a flag of a command have in common: a row of a table, from
 * which come its reading, its errors and its help.
 *
 * @module
 */
import { boolean, ConfigError, type Kind } from "./values.ts";

/** What one setting or flag is. */
export interface Row<T> {
  /** Without the dashes. */
  readonly flag: string;
  /** How to read it. */
  readonly kind: Kind<T>;
  /** Whether it may be given several times. */
  readonly list: boolean;
  /** Whether the flag alone means `true`. */
  readonly isSwitch?: boolean;
  /** As somebody would write it; absent when there is none. */
  readonly default?: string | undefined;
  /** What it does, in one line. */
  readonly help: string;
}

/** What a row says in words. */
export type About = Pick<Row<unknown>, "flag" | "help">;
type Single<T> = Row<T> & { readonly list: false };
type Sure<T> = Single<T> & { readonly default: string };
type List<T> = Row<T> & { readonly list: true };

/** A value that may be absent. */
export function optional<T, A extends About>(
  kind: Kind<T>,
  about: A,
): Single<T> & A {
  return { ...about, kind, list: false };
}

/** A value with a default. */
export function sure<T, A extends About>(
  kind: Kind<T>,
  preset: string,
  about: A,
): Sure<T> & A {
  return { ...about, kind, list: false, default: preset };
}

/** Any number of values. */
export function list<T, A extends About>(
  kind: Kind<T>,
  about: A,
): List<T> & A {
  return { ...about, kind, list: true };
}

/** `true` where the flag stands. */
export function toggle(about: About): Sure<boolean> {
  return { ...sure(boolean, "false", about), isSwitch: true };
}

type ValueOf<R> = R extends List<infer T> ? readonly T[]
  : R extends Sure<infer T> ? T
  : R extends Single<infer T> ? T | undefined
  : never;

/** Rows by where their values go. */
export type Rows = Readonly<Record<string, Row<unknown>>>;

/** The values of a table. */
export type Values<R extends Rows> = { readonly [K in keyof R]: ValueOf<R[K]> };

/** What a source says, before it is read. */
export interface Raw {
  /** The texts of a list, one text otherwise. */
  readonly texts: readonly string[];
  /** For messages: the flag, the variable, or the key and the file. */
  readonly source: string;
}

function parseOne(kind: Kind<unknown>, text: string, source: string): unknown {
  let why = "";
  try {
    const value = kind.parse(text);
    if (value !== undefined) return value;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    why = `: ${error.message}`;
  }
  throw new ConfigError(
    `${source}: expected ${kind.expects}, got ${
      kind.isSecret ? "something else" : `"${text}"`
    }${why}`,
  );
}

function parseRaw(
  { kind, list }: Row<unknown>,
  { texts, source }: Raw,
): unknown {
  if (list) return texts.map((text) => parseOne(kind, text, source));
  const [text, ...more] = texts;
  if (text === undefined || more.length > 0) {
    throw new ConfigError(
      `${source}: expected one value, got ${texts.length}`,
    );
  }
  return parseOne(kind, text, source);
}

/** The value of every row, `given` by its key or by default. Throws {@linkcode ConfigError} on the first bad one. */
export function readRows<R extends Rows>(
  rows: R,
  given: (key: string) => Raw | undefined,
): Values<R> {
  const values: Record<string, unknown> = {};
  for (const [key, row] of Object.entries(rows)) {
    const preset = row.default === undefined
      ? undefined
      : { texts: [row.default], source: `default of ${key}` };
    const raw = given(key) ?? preset;
    values[key] = raw ? parseRaw(row, raw) : row.list ? [] : undefined;
  }
  // Every key of the table has been given its kind's value above.
  return values as Values<R>;
}

/** The help of every row. */
export function helpOf(rows: Iterable<Row<unknown>>): string {
  return Array.from(rows, (row) => {
    const value = row.isSwitch ? "" : ` ${row.kind.name}`;
    const ending = row.default === undefined || row.isSwitch
      ? ""
      : ` [default: ${row.default}]`;
    const more = row.list ? "…" : "";
    return `  --${row.flag}${value}${more}\n      ${row.help}${ending}\n`;
  }).join("");
}
