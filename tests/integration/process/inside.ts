/**
 * A process of a test, seen from inside: what it was started with, and how it
 * talks to whoever started it.
 *
 * @module
 */
import { TextLineStream } from "./text_lines.ts";

/** The settings this process was started with. */
export function settings<T>(): T {
  return JSON.parse(Deno.args[0] ?? "null");
}

/** Says `value` to whoever started this process. */
export function say(value: unknown): void {
  // deno-lint-ignore no-console
  console.log(JSON.stringify(value));
}

/** What whoever started this process says; the end of it is the end of this process. */
export async function* commands(): AsyncGenerator<string, void> {
  yield* Deno.stdin.readable
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
}
