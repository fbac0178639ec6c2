/**
 * Reading JSON of unknown shape field by field: what does not fit names
 * itself, with its path, what was expected and what came.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { isJsonObject, type JsonObject } from "@moq-deno/lite/json";

const SHOWN_CHARACTERS = 60;

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > SHOWN_CHARACTERS
    ? `${text.slice(0, SHOWN_CHARACTERS)}…`
    : text;
}

/** `value` without the fields that are `undefined`, as exact optional properties want it. */
export function present<T extends object>(
  value: { [K in keyof T]: T[K] | undefined },
): T {
  return Object.fromEntries(
    Object.entries(value).filter(([, field]) => field !== undefined),
  ) as T;
}

/** The error for a value that is not what it should be. */
export function misfit(
  path: string,
  expected: string,
  value: unknown,
): MoqError {
  return new MoqError(
    "decode",
    `Expected ${path} to be ${expected}, got ${show(value)}`,
  );
}

type Method =
  | "string"
  | "requiredString"
  | "strings"
  | "number"
  | "integer"
  | "positive"
  | "rate"
  | "milliseconds"
  | "boolean";

/** How a field is read: by the method of {@linkcode Fields} with this name, or by a function. */
export type FieldReader<T> =
  | {
    [M in Method]: ReturnType<Fields[M]> extends T ? M : never;
  }[Method]
  | ((fields: Fields, name: string) => T);

/** How the fields of a `T` are read. */
export type Shape<T> = {
  readonly [K in keyof T]-?: FieldReader<
    Record<never, never> extends Pick<T, K> ? T[K] | undefined : T[K]
  >;
};

/** A field that must be there, `expected` to be something. */
export function required<T>(
  reader: FieldReader<T | undefined>,
  expected: string,
): (fields: Fields, name: string) => T {
  return (fields, name) => {
    const value = fields.read(name, reader);
    if (value === undefined) throw fields.misfit(name, expected);
    return value;
  };
}

/** An object in a field, read by `parse` with its path. */
export function nested<T>(
  parse: (value: unknown, path: string) => T,
): (fields: Fields, name: string) => T | undefined {
  return (fields, name) => {
    const value = fields.value(name);
    return value === undefined
      ? undefined
      : parse(value, `${fields.path}.${name}`);
  };
}

/** The object called `path`: the fields of `shape` as that reads them, all others as they came. */
export function readObject<T extends object>(
  value: unknown,
  { path, shape }: { readonly path: string; readonly shape: Shape<T> },
): T {
  const fields = new Fields(value, path);
  return { ...fields.except(Object.keys(shape)), ...fields.all(shape) };
}

/** `from` without the fields `names`. */
export function without(from: object, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    Object.entries(from).filter(([name]) => !names.includes(name)),
  );
}

/** The fields of one JSON object; each reader throws `MoqError("decode")` that names the field. */
export class Fields {
  /** What it is called in errors. */
  readonly path: string;
  readonly #from: JsonObject;

  /** Over `value`, which must be an object and is called `path` in errors. */
  constructor(value: unknown, path: string) {
    if (!isJsonObject(value)) throw misfit(path, "an object", value);
    this.#from = value;
    this.path = path;
  }

  /** Everything but `names`, as it came. */
  except(names: readonly string[]): JsonObject {
    return without(this.#from, names);
  }

  /** One field. */
  read<T>(name: string, reader: FieldReader<T>): T {
    return typeof reader === "function"
      ? reader(this, name)
      // The type of a reader ties a method to what it returns.
      : this[reader](name) as T;
  }

  /** The fields of `shape` that are there. */
  all<T extends object>(shape: Shape<T>): T {
    const readers = Object.entries<FieldReader<unknown>>(shape);
    return present(Object.fromEntries(
      readers.map(([name, reader]) => [name, this.read(name, reader)]),
    )) as T;
  }

  /** The field as it came; absent and null are both `undefined`. */
  value(name: string): unknown {
    return Object.hasOwn(this.#from, name)
      ? this.#from[name] ?? undefined
      : undefined;
  }

  /** The error that says what `name` should have been. */
  misfit(name: string, expected: string): MoqError {
    return misfit(`${this.path}.${name}`, expected, this.value(name));
  }

  /** A non-empty string, or `undefined` when absent. */
  string(name: string): string | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (typeof value !== "string" || value === "") {
      throw this.misfit(name, "a string that is not empty");
    }
    return value;
  }

  /** A string that must be there and not be empty. */
  requiredString(name: string): string {
    const value = this.string(name);
    if (value === undefined) throw this.misfit(name, "a string");
    return value;
  }

  /** Strings, or `undefined` when absent. */
  strings(name: string): readonly string[] | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (
      !Array.isArray(value) || value.some((one) => typeof one !== "string")
    ) {
      throw this.misfit(name, "an array of strings");
    }
    return value;
  }

  /** A finite number, or `undefined` when absent. */
  number(name: string): number | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (typeof value !== "number" || !Number.isFinite(value)) {
      throw this.misfit(name, "a number");
    }
    return value;
  }

  /** An integer from 0 to 2^53-1, or `undefined` when absent. */
  integer(name: string): number | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (!Number.isSafeInteger(value) || (value as number) < 0) {
      throw this.misfit(name, "an integer from 0 to 2^53-1");
    }
    return value as number;
  }

  /** A positive integer, or `undefined` when absent. */
  positive(name: string): number | undefined {
    const value = this.integer(name);
    if (value === 0) throw this.misfit(name, "an integer above 0");
    return value;
  }

  /** A finite number above 0, or `undefined` when absent. */
  rate(name: string): number | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (typeof value !== "number" || !Number.isFinite(value) || value <= 0) {
      throw this.misfit(name, "a number above 0");
    }
    return value;
  }

  /** A duration in ms, rounded up; 0 is the same as absent. */
  milliseconds(name: string): number | undefined {
    const value = this.value(name);
    if (value === undefined || value === 0) return undefined;
    return Math.ceil(this.rate(name)!);
  }

  /** A boolean, or `undefined` when absent. */
  boolean(name: string): boolean | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (typeof value !== "boolean") throw this.misfit(name, "true or false");
    return value;
  }
}
