/**
 * Checks of what stands on the command line: each throws `TypeError` or
 * `RangeError` that says what was expected.
 *
 * @module
 */
import type { CatalogForm } from "../catalog/write_2025.ts";

/** A rendition by its name, `false` for `none`. */
export function wishOf(value: string | undefined): string | false | undefined {
  return value === "none" ? false : value;
}

/** The value of `--seconds`. */
export function secondsOf(value: string | undefined): number | undefined {
  return value === undefined ? undefined : positive("--seconds", value);
}

/** One of `choices`, the first when nothing is given. */
export function oneOf<const T extends string>(
  name: string,
  value: string | undefined,
  choices: readonly [T, ...T[]],
): T {
  const chosen = choices.find((choice) => choice === (value ?? choices[0]));
  if (chosen !== undefined) return chosen;
  throw new TypeError(
    `Expected ${name} to be ${choices.join(", ")}, got ${
      JSON.stringify(value)
    }`,
  );
}

/** The only file, if there is one. */
export function atMostOne(files: readonly string[]): string | undefined {
  const [file, extra] = files;
  if (extra === undefined) return file;
  throw new TypeError(`Expected one file, got ${extra} besides ${file}`);
}

/** Nothing besides the options. */
export function noFile([file]: readonly string[]): void {
  if (file === undefined) return;
  throw new TypeError(`Expected no file, got ${file}`);
}

/** Something that is not empty. */
export function required(name: string, value: string | undefined): string {
  if (value !== undefined && value !== "") return value;
  throw new TypeError(`Expected ${name}, got none`);
}

/** A path under which something is published: one that relays announce. */
export function publishedName(option: string, name: string): string {
  const segments = name.split("/").filter((segment) => segment !== "");
  if (segments.length === 0) {
    throw new TypeError(
      `Expected ${option} with a path, got ${JSON.stringify(name)}`,
    );
  }
  // Such names are not listed, hence never reach a viewer.
  if (!segments.some((segment) => segment.startsWith("."))) return name;
  throw new TypeError(
    `Expected ${option} without a part that begins with a dot, which is not announced, got ${
      JSON.stringify(name)
    }`,
  );
}

/** Where a relay is. */
export function urlOf(text: string): URL {
  const url = URL.parse(text);
  if (url && ["moqt:", "moql:", "https:", "http:"].includes(url.protocol)) {
    return url;
  }
  throw new TypeError(
    `Expected --url with moqt:, https: or http:, got ${JSON.stringify(text)}`,
  );
}

/** SHA-256 in hex. */
export function fingerprintOf(text: string | undefined): string | undefined {
  if (text === undefined || /^[0-9a-f]{64}$/i.test(text)) return text;
  throw new TypeError(
    `Expected --fingerprint with 64 hex digits, got ${JSON.stringify(text)}`,
  );
}

/** A finite number above 0. */
export function positive(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value > 0 && value < Infinity) return value;
  throw new RangeError(
    `Expected ${name} with a number above 0, got ${JSON.stringify(text)}`,
  );
}

/** `HOST:PORT` or `:PORT`, the latter on every address of this machine. */
export function addressOf(
  name: string,
  text: string,
): { readonly hostname: string; readonly port: number } {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:\[\]]*)):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3]);
  if (match && port <= 65535) {
    return { hostname: match[1] ?? (match[2] || "::"), port };
  }
  throw new TypeError(
    `Expected ${name} with HOST:PORT, got ${JSON.stringify(text)}`,
  );
}

/** For viewers of which year the catalog is written; throws `TypeError` where that year knew no such container. */
export function formOf(
  value: string | undefined,
  container = "legacy",
): CatalogForm {
  const form = oneOf("--form", value, ["2026", "2025", "2025-arrays"]);
  if (form === "2026" || container === "legacy") return form;
  throw new TypeError(
    `Expected --container legacy with --form ${form}, which has no words for others, got ${container}`,
  );
}
