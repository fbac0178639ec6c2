/**
 * Where the relay finds the key that a token names: a file, a folder with one
 * file per key, or a key set at a URL.
 *
 * @module
 */
import type { Clock } from "@moq-deno/lite";
import {
  isKeyId,
  type Key,
  type KeySet,
  MAX_KEY_LENGTH,
  parseKeySet,
} from "../token/mod.ts";
import { fetchText } from "./remote.ts";

export interface KeySource {
  /** The key for a token that names `id`, or names none; `undefined` if there is no such key. Throws when the keys cannot be read. */
  find(id: string | undefined): Promise<Key | undefined>;
}

/** A file with a key or a key set, read again for every use. */
export class KeyFile implements KeySource {
  readonly #path: string;
  #text = "";
  #keys: KeySet | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** The current keys. Throws `TokenError` or a file error. */
  async keys(): Promise<KeySet> {
    const text = await Deno.readTextFile(this.#path);
    if (!this.#keys || text !== this.#text) {
      this.#keys = parseKeySet(text);
      this.#text = text;
    }
    return this.#keys;
  }

  /** A file with a single key offers it for every token, whatever key the token names. */
  async find(id: string | undefined): Promise<Key | undefined> {
    const set = await this.keys();
    return set.keys.length === 1 ? set.keys[0] : set.find(id);
  }
}

// Keys rotate, so the most recently used ones are cached.
const MAX_OPEN_FILES = 100;

/** A folder with one `KID.jwk` per key. */
export class KeyFolder implements KeySource {
  readonly #path: string;
  readonly #files: Map<string, KeyFile> = new Map();

  constructor(path: string) {
    this.#path = path;
  }

  /** The key in the file `id.jwk`. */
  async find(id: string | undefined): Promise<Key | undefined> {
    if (id === undefined || !isKeyId(id)) return undefined;
    const file = this.#files.get(id) ??
      new KeyFile(`${this.#path}/${id}.jwk`);
    try {
      const key = await file.find(id);
      this.#remember(id, file);
      return key;
    } catch (error) {
      this.#files.delete(id);
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  #remember(id: string, file: KeyFile): void {
    this.#files.delete(id);
    this.#files.set(id, file);
    const [oldest] = this.#files.keys();
    if (this.#files.size > MAX_OPEN_FILES && oldest !== undefined) {
      this.#files.delete(oldest);
    }
  }
}

/** Options of {@linkcode KeyUrl}. */
interface KeyUrlOptions {
  readonly clock: Clock;
}

const MINUTE_MS = 60_000;
const DEFAULT_AGE_MS = 5 * MINUTE_MS;
const AGE_BOUNDS_MS = [10_000, 60 * MINUTE_MS] as const;
// An unknown name may be a new key's. Inventing names is cheap, so they must not cause a fetch each.
const LEAST_BETWEEN_MS = 10_000;
// After failing for this long, a web server's keys are no longer used.
const MAX_STALE_MS = 60 * MINUTE_MS;

interface Fetched {
  readonly keys: KeySet;
  readonly atMs: number;
  readonly ageMs: number;
}

/** A key set (JWKS) at a URL, cached as its Cache-Control says, or for 5 minutes. */
export class KeyUrl implements KeySource {
  readonly #url: URL;
  readonly #clock: Clock;
  #fetched: Fetched | undefined;
  #fetching: Promise<Fetched> | undefined;
  #triedMs = -Infinity;

  constructor(url: URL, { clock }: KeyUrlOptions) {
    this.#url = url;
    this.#clock = clock;
  }

  /** The key of that name; an unknown name causes a new fetch. */
  async find(id: string | undefined): Promise<Key | undefined> {
    const fetched = await this.#current();
    const key = fetched.keys.find(id);
    const mayAsk = this.#clock.now() - this.#triedMs >= LEAST_BETWEEN_MS;
    if (key || !mayAsk) return key;
    return (await this.#refresh(fetched)).keys.find(id);
  }

  async #current(): Promise<Fetched> {
    const fetched = this.#fetched;
    if (!fetched) return await this.#fetch();
    const ageMs = this.#clock.now() - fetched.atMs;
    return ageMs < fetched.ageMs ? fetched : await this.#refresh(fetched);
  }

  /** Newer keys, or the present ones when the server fails. */
  async #refresh(fetched: Fetched): Promise<Fetched> {
    const isRecent = this.#clock.now() - this.#triedMs < LEAST_BETWEEN_MS;
    const isUsable = this.#clock.now() - fetched.atMs < MAX_STALE_MS;
    if (isRecent && isUsable && !this.#fetching) return fetched;
    try {
      return await this.#fetch();
    } catch (error) {
      if (isUsable) return fetched;
      throw error;
    }
  }

  /** One fetch at a time, shared by all who wait. */
  #fetch(): Promise<Fetched> {
    this.#fetching ??= this.#ask().finally(() => this.#fetching = undefined);
    return this.#fetching;
  }

  async #ask(): Promise<Fetched> {
    this.#triedMs = this.#clock.now();
    const { status, headers, text } = await fetchText(this.#url, {
      maxBytes: MAX_KEY_LENGTH,
      clock: this.#clock,
    });
    if (status !== 200) {
      throw new TypeError(
        `The server of the keys answered with status ${status}`,
      );
    }
    this.#fetched = {
      keys: parseKeySet(text),
      atMs: this.#clock.now(),
      ageMs: ageOf(headers),
    };
    return this.#fetched;
  }
}

function ageOf(headers: Headers): number {
  const [, seconds] =
    /\bmax-age=(\d{1,9})\b/.exec(headers.get("cache-control") ?? "") ?? [];
  const [least, most] = AGE_BOUNDS_MS;
  return seconds === undefined
    ? DEFAULT_AGE_MS
    : Math.min(Math.max(Number(seconds) * 1000, least), most);
}
