/**
 * The kinds of values that settings have: each reads text, whichever source it
 * came from, and says what it expects.
 *
 * @module
 */
import { isLocalUrl } from "../auth/auth.ts";
import { type ClusterPeer, parsePeer } from "../cluster/peer.ts";
import { hasWildcard, parsePattern } from "../token/pattern.ts";

/** A setting that cannot be used; the message is one line and names the remedy. */
export class ConfigError extends Error {
  /** Always `ConfigError`. */
  override readonly name = "ConfigError";
}

/** One kind of value. */
export interface Kind<T> {
  /** Placeholder in the help, such as `DURATION`. */
  readonly name: string;
  /** What the text must be, after "expected". */
  readonly expects: string;
  /** JavaScript types that a file may write it as; text is always allowed. */
  readonly literals: readonly string[];
  /** The value of `text`; `undefined` when it is not of this kind; a `RangeError` that says more about why. */
  readonly parse: (text: string) => T | undefined;
  /** Whether messages must not repeat the text. Default false. */
  readonly isSecret?: boolean | undefined;
}

/** Where to listen. */
export interface Address {
  /** A host name or IP address without brackets; `""` is every interface. */
  readonly hostname: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** Any text but none. */
export const text: Kind<string> = {
  name: "TEXT",
  expects: "some text",
  literals: [],
  parse: (text) => text === "" ? undefined : text,
};

/** A path to a file. */
export const file: Kind<string> = {
  ...text,
  name: "FILE",
  expects: "the path of a file",
};

/** `true` or `false`. */
export const boolean: Kind<boolean> = {
  name: "true|false",
  expects: "true or false",
  literals: ["boolean"],
  parse: (text) =>
    text === "true" ? true : text === "false" ? false : undefined,
};

/** A whole number of a range, both ends included. */
export function integer(from: number, to: number): Kind<number> {
  return {
    name: "NUMBER",
    expects: `a whole number from ${from} to ${to}`,
    literals: ["number", "bigint"],
    parse(text) {
      const value = /^\d+$/.test(text) ? Number(text) : NaN;
      return value >= from && value <= to ? value : undefined;
    },
  };
}

const MAX_HOP = (1n << 62n) - 1n;

/** An id of 62 bits, not 0. */
export const id: Kind<bigint> = {
  name: "ID",
  expects: "a whole number from 1 to 2^62-1",
  literals: ["number", "bigint"],
  parse(text) {
    const value = /^\d{1,19}$/.test(text) ? BigInt(text) : 0n;
    return value > 0n && value <= MAX_HOP ? value : undefined;
  },
};

/** One of a few words. */
export function word<const T extends string>(...words: readonly T[]): Kind<T> {
  return {
    name: words.join("|"),
    expects: `one of ${words.join(", ")}`,
    literals: [],
    parse: (text) => words.find((word) => word === text),
  };
}

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

// Timers count milliseconds in 31 bits.
const MAX_DURATION_MS = 2 ** 31 - 1;

/** The milliseconds of a text such as `1m30s`, however many; `undefined` when it is none. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d{1,9}(ms|s|m|h|d))+$/.test(text)) return undefined;
  let ms = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    ms += Number(count) * (UNIT_MS.get(unit ?? "") ?? NaN);
  }
  return ms;
}

/** A time span, in milliseconds. */
export const duration: Kind<number> = {
  name: "DURATION",
  expects:
    'a duration up to 24d with its unit, such as "500ms", "5s" or "1m30s"',
  literals: [],
  parse(text) {
    const ms = parseDuration(text);
    return ms !== undefined && ms <= MAX_DURATION_MS ? ms : undefined;
  },
};

const UNIT_BYTES: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["B", 1],
  ["KB", 1e3],
  ["MB", 1e6],
  ["GB", 1e9],
  ["TB", 1e12],
  ["KIB", 2 ** 10],
  ["MIB", 2 ** 20],
  ["GIB", 2 ** 30],
  ["TIB", 2 ** 40],
]);

/** A number of bytes. */
export const size: Kind<number> = {
  name: "SIZE",
  expects: 'a size such as "512MiB", "8GiB" or a number of bytes',
  literals: ["number", "bigint"],
  parse(text) {
    const [, count, unit] = /^(\d+)\s*([a-z]*)$/i.exec(text) ?? [];
    const bytes = Number(count) *
      (UNIT_BYTES.get(unit?.toUpperCase() ?? "") ?? NaN);
    return Number.isSafeInteger(bytes) ? bytes : undefined;
  },
};

const DIGITS_OF_PORT = /^\d{1,5}$/;

/** `host:port`, `[v6]:port`, `:port` for every interface, or a host alone for `defaultPort`. */
export function address(defaultPort: number): Kind<Address> {
  return {
    name: "ADDRESS",
    expects:
      'an address such as "127.0.0.1:4443", "[::1]:4443" or ":4443" for every interface',
    literals: [],
    parse(text) {
      const [, v6, name, digits] =
        /^(?:\[([0-9a-f:.]+)\]|([^[\]:\s/]*))(?::([^:]*))?$/i.exec(text) ?? [];
      const hostname = v6 ?? name;
      if (hostname === undefined || text === "") return undefined;
      if (digits !== undefined && !DIGITS_OF_PORT.test(digits)) {
        return undefined;
      }
      const port = digits === undefined ? defaultPort : Number(digits);
      return port <= 65_535 ? { hostname, port } : undefined;
    },
  };
}

/** A pattern of broadcast paths with a wildcard, since a literal grants one broadcast alone, which is rarely meant. */
export const pattern: Kind<string> = {
  name: "PATTERN",
  expects: 'a pattern such as "**" for everything or "anon/**" for a subtree',
  literals: [],
  parse(text) {
    const pattern = parsePattern(text.replaceAll(/^\/+|\/+$/g, ""));
    if (hasWildcard(pattern)) return pattern;
    const advice = pattern === "" ? "**" : `${pattern}/**`;
    throw new RangeError(
      `without a wildcard it covers one path alone, write "${advice}"`,
    );
  },
};

/** An `https://` URL, or an `http://` one of this machine. */
export const safeUrl: Kind<URL> = {
  name: "URL",
  expects: 'a URL such as "https://auth.example/", or "http://localhost:4440/"',
  literals: [],
  parse(text) {
    const url = URL.parse(text);
    if (url?.protocol === "https:") return url;
    if (url?.protocol !== "http:") return undefined;
    if (isLocalUrl(text)) return url;
    throw new RangeError("http:// is safe to this machine alone");
  },
};

/** A URL as of {@linkcode safeUrl}, or `unix:///` and the path of a socket. */
export const serverUrl: Kind<URL> = {
  ...safeUrl,
  expects: `${safeUrl.expects}, or "unix:///run/auth.sock"`,
  parse(text) {
    const url = URL.parse(text);
    if (url?.protocol !== "unix:") return safeUrl.parse(text);
    return url.host === "" && url.pathname.length > 1 ? url : undefined;
  },
};

/** A path to a file, or a URL as of {@linkcode safeUrl}. */
export const fileOrUrl: Kind<string> = {
  name: "FILE|URL",
  expects: "the path of a file, or a URL that begins with https://",
  literals: [],
  parse(text) {
    if (/^https?:/i.test(text)) return safeUrl.parse(text)?.href;
    return text.trim() === "" ? undefined : text;
  },
};

/** The origin of a page, as browsers name it. */
export const origin: Kind<string> = {
  name: "ORIGIN",
  expects: 'the origin of a page, such as "https://app.example"',
  literals: [],
  parse(text) {
    const url = URL.parse(text.replace(/\/$/, ""));
    if (!url || !/^https?:$/.test(url.protocol)) return undefined;
    return url.pathname === "/" && url.search + url.hash === ""
      ? url.origin
      : undefined;
  },
};

/** Another relay: a URL, or an object with one. */
export const peer: Kind<ClusterPeer> = {
  name: "URL|OBJECT",
  expects: 'the URL of a relay, or {"url", "cost", "token"}',
  literals: ["object"],
  isSecret: true,
  parse(text) {
    try {
      return parsePeer(text.startsWith("{") ? JSON.parse(text) : text);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new RangeError("it is not valid JSON", { cause: error });
    }
  },
};
