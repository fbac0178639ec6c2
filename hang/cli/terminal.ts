/**
 * What a command shows and how it is ended.
 *
 * @module
 */
import { printable, printableLines } from "@moq-deno/lite/internal";

export { printable };

import { systemClock } from "@moq-deno/lite";

const encoder = new TextEncoder();
const PROGRESS_INTERVAL_MS = 1000;
const TIME_OVER = "TimeoutError";

/** Writes to standard error, since standard output may carry media; what others chose in `text` cannot steer the terminal. */
export function say(text: string): void {
  Deno.stderr.writeSync(encoder.encode(printableLines(text)));
}

/** Writes to standard output, all of it; what others chose in `text` cannot steer the terminal. */
export function print(text: string): void {
  let bytes = encoder.encode(printableLines(text));
  while (bytes.byteLength > 0) {
    bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
  }
}

/** Shows what `progress` says each second until the function returned is called: overwritten on a terminal, one after the other elsewhere. */
export function showProgress(progress: () => string): () => void {
  const isTerminal = Deno.stderr.isTerminal();
  const show = () => {
    const line = printable(progress());
    const text = isTerminal ? `\r\x1b[K${line}` : `${line}\n`;
    Deno.stderr.writeSync(encoder.encode(text));
  };
  const timer = setInterval(show, PROGRESS_INTERVAL_MS);
  return () => {
    clearInterval(timer);
    show();
    if (isTerminal) say("\n");
  };
}

/** A signal that aborts at Ctrl-C, SIGTERM, or after the time given; dispose of it to stop listening. */
export function endSignal(
  seconds: number | undefined,
): { readonly signal: AbortSignal } & Disposable {
  const end = new AbortController();
  const stop = () => end.abort();
  const expire = () =>
    end.abort(new DOMException("The time of --seconds is over", TIME_OVER));
  const signals: readonly Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT"]
    : ["SIGINT", "SIGTERM"];
  for (const name of signals) Deno.addSignalListener(name, stop);
  // Years are more than a timer of the runtime takes.
  const cancel = seconds === undefined
    ? undefined
    : systemClock.after(seconds * 1000, expire);
  return {
    signal: end.signal,
    [Symbol.dispose]() {
      cancel?.();
      for (const name of signals) Deno.removeSignalListener(name, stop);
    },
  };
}

/** Whether a signal of {@linkcode endSignal} aborted because its time is over. */
export function isTimeOver({ reason }: AbortSignal): boolean {
  return reason instanceof DOMException && reason.name === TIME_OVER;
}

/** `12.3 s` or `1:02:03`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.floor(seconds);
  const parts = [
    Math.floor(whole / 3600),
    Math.floor(whole / 60) % 60,
    whole % 60,
  ];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}
