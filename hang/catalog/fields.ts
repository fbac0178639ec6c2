/**
 * Reading JSON of unknown shape field by field: what does not fit names
 * itself, with its path, what was expected and what came.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";

const SHOWN_CHARACTERS = 60;

/** A JSON object, nothing known about its fields. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether `value` is an object and neither an array nor null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

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

/** The fields of one JSON object; each reader throws `MoqError("decode")` that names the field. */
export class Fields {
  readonly #from: JsonObject;
  readonly #path: string;

  /** Over `value`, which must be an object and is called `path` in errors. */
  constructor(value: unknown, path: string) {
    if (!isObject(value)) throw misfit(path, "an object", value);
    this.#from = value;
    this.#path = path;
  }

  /** Everything but `names`, as it came. */
  except(names: readonly string[]): JsonObject {
    return Object.fromEntries(
      Object.entries(this.#from).filter(([name]) => !names.includes(name)),
    );
  }

  /** The field as it came; absent and null are both `undefined`. */
  value(name: string): unknown {
    return Object.hasOwn(this.#from, name)
      ? this.#from[name] ?? undefined
      : undefined;
  }

  /** The error that says what `name` should have been. */
  misfit(name: string, expected: string): MoqError {
    return misfit(`${this.#path}.${name}`, expected, this.value(name));
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
