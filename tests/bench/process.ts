/**
 * The benchmark's processes: one JSON value per line in each direction. A
 * process ends when its input does, so none outlives the benchmark.
 *
 * @module
 */
import { TextLineStream } from "./text_lines.ts";

/** CPU time and memory of a process, as Linux counts them. */
export interface Usage {
  /** User and system time so far, in milliseconds; in steps of 10. */
  readonly cpuMs: number;
  /** Resident memory, in bytes. */
  readonly residentBytes: number;
}

const TICK_MS = 10;

/** A process that was started. Disposing of it ends it. */
export class Child implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;

  /** Runs the file beside this one with this very deno; `settings` is its only argument, as JSON. */
  constructor(file: string, settings: unknown) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
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
    if (done) {
      const { code } = await this.#child.status;
      throw new Error(`Expected a process to answer, it ended with ${code}`);
    }
    return JSON.parse(value);
  }

  /** Says `command` and waits for the answer. */
  async ask<T>(command: string): Promise<T> {
    await this.#input.write(new TextEncoder().encode(`${command}\n`));
    return await this.next();
  }

  /** What it has used so far. */
  async usage(): Promise<Usage> {
    const folder = `/proc/${this.#child.pid}`;
    const stat = await Deno.readTextFile(`${folder}/stat`);
    const status = await Deno.readTextFile(`${folder}/status`);
    // Behind the name, which may hold spaces, utime and stime are the 12th and 13th.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
    return { cpuMs: ticks * TICK_MS, residentBytes: kilobytes * 1024 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close().catch(() => {
      // It has ended already.
    });
    await this.#lines.cancel();
    await this.#child.status;
  }
}

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
