/**
 * A text that may change while the relay runs: a file, checked four times a
 * second, or a URL, fetched at an interval.
 *
 * @module
 */
import { type Clock, type Logger, sleep } from "@moq-deno/lite";
import { messageOf } from "@moq-deno/lite/internal";
import { fetchText } from "./remote.ts";

/** How often a file is checked, in milliseconds. */
const FILE_LOOK_MS = 250;

/** A text to watch. */
export interface TextSource {
  /** Its path, or its URL without the query, which may hold a secret; for messages. */
  readonly name: string;
  /** Time between checks, in milliseconds. */
  readonly intervalMs: number;
  /** The current text; throws when it cannot be read. */
  read(signal?: AbortSignal): Promise<string>;
}

/** Options of {@linkcode textSource}. */
interface TextSourceOptions {
  /** Time between fetches of a URL, in milliseconds. */
  readonly pollMs: number;
  /** Longest text, in characters. */
  readonly maxLength: number;
  readonly clock: Clock;
}

/** The text at `place`, a path or a URL. */
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
          `The file has ${size} bytes, more than ${maxLength}`,
        );
      }
      const { status, text } = await fetchText(url, {
        maxBytes: maxLength,
        clock,
        signal,
      });
      if (status === 200) return text;
      throw new TypeError(`The server answered with status ${status}`);
    },
  };
}

/** Options of {@linkcode changes}. */
interface ChangesOptions<T> {
  /** Parses the text; throws when it is invalid. */
  readonly parse: (text: string) => T;
  /** The text already in force. */
  readonly first: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Logs failures, each once. */
  readonly log: Logger;
}

/** Each new value of the text. While it cannot be read or parsed, the last one stays in force. */
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
      const reason = messageOf(error);
      if (reason !== failure) {
        log.error?.("cannot be read, the last version stays in force", {
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
