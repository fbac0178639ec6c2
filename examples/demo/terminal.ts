/**
 * Words on the terminal, and when to stop.
 *
 * @module
 */
import { onAbort, printable, printableLines } from "@moq-deno/lite/internal";

const encoder = new TextEncoder();

/** Writes `text`, of which nothing steers the terminal. */
export function print(text: string): void {
  Deno.stdout.writeSync(encoder.encode(printableLines(text)));
}

/** Writes `text` as it is, with what steers the terminal. */
export function printRaw(text: string): void {
  Deno.stdout.writeSync(encoder.encode(text));
}

/** Writes `line` over the one before on a terminal, below it elsewhere; the last one stays. */
export function printOver(line: string, { isLast = false } = {}): void {
  const isTerminal = Deno.stdout.isTerminal();
  const before = isTerminal ? "\r\x1b[K" : "";
  const after = isTerminal && !isLast ? "" : "\n";
  Deno.stdout.writeSync(encoder.encode(before + printable(line) + after));
}

/** Writes `line` in place of one that {@linkcode printOver} left. */
export function printLine(line: string): void {
  printOver(line, { isLast: true });
}

/** Writes `text` where errors go. */
export function printError(text: string): void {
  Deno.stderr.writeSync(encoder.encode(printableLines(text)));
}

/** Aborts at Ctrl-C, SIGTERM, or after the time given. */
export function endOf(seconds: number | undefined): AbortController {
  const end = new AbortController();
  const stop = () => end.abort();
  Deno.addSignalListener("SIGINT", stop);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", stop);
  const timer = seconds === undefined
    ? undefined
    : setTimeout(stop, seconds * 1000);
  onAbort(end.signal, () => {
    clearTimeout(timer);
    Deno.removeSignalListener("SIGINT", stop);
    if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGTERM", stop);
  });
  return end;
}
