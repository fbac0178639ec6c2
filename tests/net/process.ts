/**
 * Processes in network namespaces: one JSON value per line in each direction.
 * A process ends when its input does, so none outlives its test.
 *
 * @module
 */
import { TextLineStream } from "../bench/text_lines.ts";

/** A process in a namespace. Disposing of it ends it. */
export class NetProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #file: string;

  /** Runs the file beside this one in `namespace`; `settings` is its only argument, as JSON. */
  constructor(file: string, namespace: string, settings: unknown) {
    this.#file = file;
    this.#child = new Deno.Command("ip", {
      args: [
        ...["netns", "exec", namespace, Deno.execPath(), "run", "--quiet"],
        "--allow-all",
        new URL(file, import.meta.url).href,
        JSON.stringify(settings),
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#lines = this.#child.stdout
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream())
      .getReader();
  }

  /** The next value it says; throws when it ends without. */
  async next<T>(): Promise<T> {
    const { value, done } = await this.#lines.read();
    if (!done) return JSON.parse(value);
    const { code } = await this.#child.status;
    throw new Error(
      `Expected ${this.#file} to answer, it ended with code ${code}`,
    );
  }

  /** Says `command` and waits for the answer. */
  async ask<T>(command: string): Promise<T> {
    await this.#input.write(new TextEncoder().encode(`${command}\n`));
    return await this.next();
  }

  /** What it holds in memory, in bytes. */
  async residentBytes(): Promise<number> {
    const status = await Deno.readTextFile(`/proc/${this.#child.pid}/status`);
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close().catch(() => {
      // It has ended already.
    });
    await this.#lines.cancel();
    await this.#child.status;
  }
}

/** Runs a command to its end; throws with what it said when it fails. */
export async function spawn(command: readonly string[]): Promise<void> {
  const [name = "", ...args] = command;
  const { code, stderr } = await new Deno.Command(name, {
    args,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (code === 0) return;
  const said = new TextDecoder().decode(stderr).trim();
  throw new Error(`Expected ${command.join(" ")} to succeed, got: ${said}`);
}
