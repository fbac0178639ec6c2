/**
 * The values of options: each function reads one, or throws `TypeError` or
 * `RangeError` that says what was expected.
 *
 * @module
 */

/** Any text. */
export function text(value: string): string {
  return value;
}

/** A track by its name, `false` for `none`. */
export function trackOf(value: string): string | false {
  return value === "none" ? false : value;
}

/** A path under which something is published: one that relays announce. */
export function publishedName(name: string, option: string): string {
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
export function urlOf(text: string, option: string): URL {
  const url = URL.parse(text);
  if (url && ["moqt:", "moql:", "https:", "http:"].includes(url.protocol)) {
    return url;
  }
  throw new TypeError(
    `Expected ${option} with moqt:, https: or http:, got ${
      JSON.stringify(text)
    }`,
  );
}

/** SHA-256 in hex. */
export function fingerprintOf(text: string, option: string): string {
  if (/^[0-9a-f]{64}$/i.test(text)) return text;
  throw new TypeError(
    `Expected ${option} with 64 hex digits, got ${JSON.stringify(text)}`,
  );
}

/** A finite number above 0. */
export function positive(text: string, option: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value > 0 && value < Infinity) return value;
  throw new RangeError(
    `Expected ${option} with a number above 0, got ${JSON.stringify(text)}`,
  );
}

/** An address to listen on. */
export interface ListenAddress {
  /** Name or number. */
  readonly hostname: string;
  /** 0 is any that is free. */
  readonly port: number;
}

/** `HOST:PORT` or `:PORT`, the latter on every address of this machine. */
export function addressOf(text: string, option: string): ListenAddress {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:\[\]]*)):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3]);
  if (match && port <= 65535) {
    return { hostname: match[1] ?? (match[2] || "::"), port };
  }
  throw new TypeError(
    `Expected ${option} with HOST:PORT, got ${JSON.stringify(text)}`,
  );
}
