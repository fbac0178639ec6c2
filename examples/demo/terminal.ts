/**
 * Words on the terminal, and when to stop.
 *
 * @module
 */
const encoder = new TextEncoder();

/** Writes `text` as it is. */
export function print(text: string): void {
  Deno.stdout.writeSync(encoder.encode(text));
}

/** Writes `text` where errors go. */
export function printError(text: string): void {
  Deno.stderr.writeSync(encoder.encode(text));
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
  end.signal.addEventListener("abort", () => {
    clearTimeout(timer);
    Deno.removeSignalListener("SIGINT", stop);
    if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGTERM", stop);
  }, { once: true });
  return end;
}
