/**
 * What the programs here share: output is written completely, and errors that a
 * user can fix are one line on standard error with exit code 1.
 *
 * @module
 */
import { printableLines } from "@moq-deno/lite/internal";
import { ConfigError } from "./config/values.ts";
import { TokenError } from "./token/mod.ts";

const encoder = new TextEncoder();

interface Output {
  writeSync(bytes: Uint8Array): number;
}

function write(output: Output, text: string): void {
  try {
    // Tokens and files contain others' text, which must not control the terminal.
    const bytes = encoder.encode(printableLines(text));
    for (let at = 0; at < bytes.length;) {
      at += output.writeSync(bytes.subarray(at));
    }
  } catch {
    // The reader of the pipe has left; the program continues.
  }
}

/** Writes to standard output. */
export function print(text: string): void {
  write(Deno.stdout, text);
}

/** Writes to standard error. */
export function printError(text: string): void {
  write(Deno.stderr, text);
}

/**
 * The environment as far as the process may read it: all of it, or those
 * `names` that `--allow-env=…` covers.
 */
export function readableEnvironment(
  names: readonly string[],
): Record<string, string> {
  if (mayRead()) return Deno.env.toObject();
  const found: Record<string, string> = {};
  for (const name of names) {
    const value = mayRead(name) ? Deno.env.get(name) : undefined;
    if (value !== undefined) found[name] = value;
  }
  return found;
}

function mayRead(variable?: string): boolean {
  const { state } = Deno.permissions.querySync({
    name: "env",
    ...(variable !== undefined && { variable }),
  });
  return state === "granted";
}

/** Exits when `work` ends: with 0, with one line and 1, or with a bug's stack trace. */
export async function endWith(work: Promise<void>): Promise<never> {
  try {
    await work;
    Deno.exit(0);
  } catch (error) {
    const isExpected = error instanceof ConfigError ||
      error instanceof TokenError;
    if (!isExpected) throw error;
    printError(`${error.message}\n`);
    Deno.exit(1);
  }
}

/** Resolves at the first SIGINT or SIGTERM; a second one exits at once. */
export function stopSignal(): Promise<Deno.Signal> {
  const { promise, resolve } = Promise.withResolvers<Deno.Signal>();
  const signals: readonly Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM"];
  let isSecond = false;
  for (const signal of signals) {
    Deno.addSignalListener(signal, () => {
      if (isSecond) Deno.exit(0);
      isSecond = true;
      resolve(signal);
    });
  }
  return promise;
}
