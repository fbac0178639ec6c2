/**
 * A text that changes under a running relay: a file, looked at four times a second,
 * or a URL, asked at an interval.
 *
 * @module
 */
import { type Clock, type Logger, sleep } from "@moq-deno/lite";
import { fetchText } from "./remote.ts";

/** How often a file is looked at, in milliseconds. */
const FILE_LOOK_MS = 250;

/** A text to watch. */
export interface TextSource {
  /** Its path, or its URL without the query, which may hold a secret; for messages. */
  readonly name: string;
  /** Time between looks, in milliseconds. */
  readonly intervalMs: number;
  /** The text as it is now; throws when it cannot be had. */
  read(signal?: AbortSignal): Promise<string>;
}

/** Options of {@linkcode textSource}. */
interface TextSourceOptions {
  /** Time between looks at a URL, in milliseconds. */
  readonly pollMs: number;
  /** Longest text, in characters. */
  readonly maxLength: number;
  /** Times the fetches. */
  readonly clock: Clock;
}

/** The text at a path, or at a URL where `place` is one. */
export function textSource(
  place: string,
  { pollMs, maxLength, clock }: TextSourceOptions,
): TextSource {
  const url = /^https?:/.test(place) ? URL.parse(place) : null;
  return {
    name: url ? url.origin + url.pathname : place,
    intervalMs: url ? pollMs : FILE_LOOK_MS,
    async read(signal) {
      if (!url) {
        const { size } = await Deno.stat(place);
        if (size <= maxLength) return await Deno.readTextFile(place);
        throw new RangeError(
          `Expected at most ${maxLength} bytes, got ${size}`,
        );
      }
      const { status, text } = await fetchText(url, {
        maxBytes: maxLength,
        clock,
        signal,
      });
      if (status === 200) return text;
      throw new TypeError(`Expected status 200, got ${status}`);
    },
  };
}

/** Options of {@linkcode changes}. */
interface ChangesOptions<T> {
  /** What the text says; throws when it says nothing. */
  readonly parse: (text: string) => T;
  /** The text that is in force already. */
  readonly first: string;
  /** Times the looks. */
  readonly clock: Clock;
  /** Ends the iteration. */
  readonly signal: AbortSignal;
  /** Hears of failures, each once. */
  readonly log: Logger;
}

/** What the text says, each time it says something else; while it cannot be had or read, the last stays in force. */
export async function* changes<T>(
  source: TextSource,
  { parse, first, clock, signal, log }: ChangesOptions<T>,
): AsyncGenerator<T, void> {
  let latest = first;
  let failure = "";
  while (await tick(source.intervalMs, { clock, signal })) {
    let value: T;
    try {
      const text = await source.read(signal);
      if (text === latest && failure === "") continue;
      value = parse(text);
      latest = text;
      failure = "";
    } catch (error) {
      if (signal.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== failure) {
        log.error?.("cannot be read, what it said last stays in force", {
          name: source.name,
          reason,
        });
      }
      failure = reason;
      continue;
    }
    yield value;
  }
}

async function tick(
  ms: number,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<boolean> {
  try {
    await sleep(clock, ms, signal);
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
