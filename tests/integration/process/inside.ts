/**
 * A child process of a test, from its own side: its settings and its messages to
 * the parent.
 *
 * @module
 */
import { TextLineStream } from "./text_lines.ts";

/** The settings of this process. */
export function settings<T>(): T {
  return JSON.parse(Deno.args[0] ?? "null");
}

/** Sends `value` to the parent. */
export function say(value: unknown): void {
  // deno-lint-ignore no-console
  console.log(JSON.stringify(value));
}

/** The parent's commands; when they end, this process ends. */
export async function* commands(): AsyncGenerator<string, void> {
  yield* Deno.stdin.readable
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
}
