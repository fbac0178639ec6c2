/**
 * Programs as separate processes, run as without a checkout.
 *
 * @module
 */
import assert from "node:assert/strict";

/** Where and how a process runs. */
export interface ProcessOptions {
  /** Its working directory. */
  readonly cwd: string | URL;
  /** Additional environment variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A file to run, and its arguments. */
export type CommandLine = readonly [file: string, ...args: string[]];

/** The root of the project. */
export const ROOT: URL = new URL("../../", import.meta.url);

/** The current deno, with the permissions that a relay needs. */
export const DENO_RUN: CommandLine = [
  Deno.execPath(),
  "run",
  "--unstable-net",
  "--allow-net",
  "--allow-read",
  "--allow-env=MOQ_*",
];

/** The current deno, with the permissions that the media tool needs. */
export const DENO_RUN_HANG: CommandLine = [
  Deno.execPath(),
  "run",
  "--unstable-net",
  "--allow-net",
  "--allow-read",
  "--allow-write",
];

const MAX_OUTPUT_CHARACTERS = 100_000;

/** Runs the current deno with `args`; fails if it fails, returns its output. */
export async function runDeno(
  args: readonly string[],
  options: ProcessOptions,
): Promise<string> {
  const program: CommandLine = [Deno.execPath(), ...args];
  const { code, stdout, stderr } = await command(program, options).output();
  const said = new TextDecoder().decode(stderr);
  assert.equal(code, 0, `deno ${args.join(" ")} failed:\n${said}`);
  return new TextDecoder().decode(stdout);
}

/** A running process; disposal kills it. */
export class Program implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #stdout: ReadableStreamDefaultReader<string>;
  readonly #complaints: Promise<string>;
  #output = "";
  #hasEnded = false;

  constructor(program: CommandLine, options: ProcessOptions) {
    this.#child = command(program, options).spawn();
    this.#stdout = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
    this.#complaints = new Response(this.#child.stderr).text();
    this.#child.status.then(() => this.#hasEnded = true);
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Waits until the output so far matches `pattern`; fails if the process ends first. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#output);
      if (match) return match;
      assert.ok(
        this.#output.length < MAX_OUTPUT_CHARACTERS,
        `Expected ${pattern}, got ${this.#output}`,
      );
      const { value, done } = await this.#stdout.read();
      if (done) {
        const complaints = await this.#complaints;
        assert.fail(`Expected ${pattern}, got ${this.#output}${complaints}`);
      }
      this.#output += value;
    }
  }

  /** Sends `signal`; returns the exit code. */
  async stop(signal: Deno.Signal): Promise<number> {
    this.#child.kill(signal);
    const { code } = await this.#child.status;
    return code;
  }

  /** Kills it if it is still running. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded) this.#child.kill("SIGKILL");
    await this.#child.status;
    await this.#stdout.cancel();
    await this.#complaints;
  }
}

function command(
  [file, ...args]: CommandLine,
  { cwd, env }: ProcessOptions,
): Deno.Command {
  return new Deno.Command(file, {
    args,
    cwd,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}
