/**
 * Where the relay finds the key that a token names: a file, a folder with a
 * file per key, or a set that a web server publishes.
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

/** Finds keys. */
export interface KeySource {
  /** The key for a token that names `id`, or none; `undefined` when there is no such key here. Throws when that cannot be known. */
  find(id: string | undefined): Promise<Key | undefined>;
}

/** A file with a key or a set of them, read again whenever it is needed. */
export class KeyFile implements KeySource {
  readonly #path: string;
  #text = "";
  #keys: KeySet | undefined;

  /** Nothing is read yet. */
  constructor(path: string) {
    this.#path = path;
  }

  /** The keys in it now. Throws `TokenError`, or what reading threw. */
  async keys(): Promise<KeySet> {
    const text = await Deno.readTextFile(this.#path);
    if (!this.#keys || text !== this.#text) {
      this.#keys = parseKeySet(text);
      this.#text = text;
    }
    return this.#keys;
  }

  /** A file with one key has it for every token, whatever that names. */
  async find(id: string | undefined): Promise<Key | undefined> {
    const set = await this.keys();
    return set.keys.length === 1 ? set.keys[0] : set.find(id);
  }
}

// Signing keys rotate: those that were used last are kept ready.
const MAX_OPEN_FILES = 100;

/** A folder with `KID.jwk` for each key. */
export class KeyFolder implements KeySource {
  readonly #path: string;
  readonly #files: Map<string, KeyFile> = new Map();

  /** Nothing is read yet. */
  constructor(path: string) {
    this.#path = path;
  }

  /** The key in the file of that name. */
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
  /** Times the fetches. */
  readonly clock: Clock;
}

const MINUTE_MS = 60_000;
const DEFAULT_AGE_MS = 5 * MINUTE_MS;
const AGE_BOUNDS_MS = [10_000, 60 * MINUTE_MS] as const;
// A name that is not known may be a new key's, or nobody's: asking is cheap for whoever made it up.
const LEAST_BETWEEN_MS = 10_000;
// A web server that fails this long has lost its say.
const MAX_STALE_MS = 60 * MINUTE_MS;

interface Fetched {
  readonly keys: KeySet;
  readonly atMs: number;
  readonly ageMs: number;
}

/** A set of keys that a web server publishes (JWKS), kept as long as its Cache-Control says, 5 minutes without. */
export class KeyUrl implements KeySource {
  readonly #url: URL;
  readonly #clock: Clock;
  #fetched: Fetched | undefined;
  #fetching: Promise<Fetched> | undefined;
  #triedMs = -Infinity;

  /** Nothing is fetched yet. */
  constructor(url: URL, { clock }: KeyUrlOptions) {
    this.#url = url;
    this.#clock = clock;
  }

  /** The key of that name, fetched again for one that is not known. */
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

  /** Newer keys, or those there are when the server fails. */
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

  /** One fetch at a time, whoever waits for it. */
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
      throw new TypeError(`Expected status 200 with the keys, got ${status}`);
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
