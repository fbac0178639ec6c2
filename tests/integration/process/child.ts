/**
 * Child processes of a test, from the parent's side: one JSON value per line in
 * each direction. A child ends when its input does, so none outlives its test.
 *
 * @module
 */
import { TextLineStream } from "./text_lines.ts";

/** How a process is run. */
export interface ChildOptions {
  /** Its network namespace; absent: the parent's. */
  readonly namespace?: string | undefined;
  /** Flags for V8, such as `--expose-gc`. */
  readonly v8Flags?: string | undefined;
  /** Limit of open files. */
  readonly maxFiles?: number | undefined;
}

/** A process's resources, as Linux counts them. */
export interface Usage {
  /** User and system time so far, in milliseconds, in steps of 10. */
  readonly cpuMs: number;
  /** Resident memory, in bytes. */
  readonly residentBytes: number;
  /** Network sockets. The runtime opens files and socket pairs of its own at any time, so those do not count. */
  readonly openSockets: number;
}

const TICK_MS = 10;

/** A started process. Disposal ends it. */
export class Child implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #file: string;
  #isFrozen = false;

  /** Runs `file` with the current deno; `settings` is its only argument, as JSON. */
  constructor(file: URL, settings: unknown, options: ChildOptions = {}) {
    const { namespace, v8Flags, maxFiles } = options;
    const limit = `ulimit -n ${maxFiles} && exec "$@"`;
    const [name = "", ...args] = [
      ...(namespace === undefined ? [] : ["ip", "netns", "exec", namespace]),
      ...(maxFiles === undefined ? [] : ["sh", "-c", limit, "sh"]),
      ...[Deno.execPath(), "run", "--quiet", "--allow-all"],
      ...(v8Flags === undefined ? [] : [`--v8-flags=${v8Flags}`]),
      file.href,
      JSON.stringify(settings),
    ];
    this.#file = file.pathname.split("/").at(-1) ?? "";
    this.#child = new Deno.Command(name, {
      args,
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

  /** The next value that it prints; throws when it ends first. */
  async next<T>(): Promise<T> {
    const { value, done } = await this.#lines.read();
    if (!done) return JSON.parse(value);
    const { code } = await this.#child.status;
    throw new Error(
      `${this.#file} ended with code ${code} before it answered`,
    );
  }

  /** Sends `command` and waits for the answer. */
  async ask<T>(command: string): Promise<T> {
    await this.#input.write(new TextEncoder().encode(`${command}\n`));
    return await this.next();
  }

  /** Its resources so far. */
  async usage(): Promise<Usage> {
    const folder = `/proc/${this.#child.pid}`;
    const stat = await Deno.readTextFile(`${folder}/stat`);
    const status = await Deno.readTextFile(`${folder}/status`);
    // After the name, which may contain spaces, utime and stime are the 12th and 13th fields.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
    return {
      cpuMs: ticks * TICK_MS,
      residentBytes: kilobytes * 1024,
      openSockets: await countSockets(folder),
    };
  }

  /** Kills it abruptly, like a power failure: its peers get no notice. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }

  /** Stops it with SIGSTOP: it keeps its resources and answers nothing. */
  freeze(): void {
    this.#child.kill("SIGSTOP");
    this.#isFrozen = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close().catch(() => {
      // It has already exited.
    });
    await this.#lines.cancel();
    if (this.#isFrozen) this.#child.kill("SIGKILL");
    await this.#child.status;
  }
}

async function countSockets(folder: string): Promise<number> {
  const pairs = await Deno.readTextFile(`${folder}/net/unix`);
  // After a heading; the inode is the seventh field.
  const inodes = pairs.split("\n").slice(1).map((line) => line.split(/ +/)[6]);
  const local = new Set(inodes);
  let count = 0;
  for await (const { name } of Deno.readDir(`${folder}/fd`)) {
    const target = await targetOf(`${folder}/fd/${name}`);
    const [, inode] = /^socket:\[(\d+)\]$/.exec(target) ?? [];
    if (inode !== undefined && !local.has(inode)) count++;
  }
  return count;
}

async function targetOf(link: string): Promise<string> {
  try {
    return await Deno.readLink(link);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return ""; // Closed since the folder was read.
  }
}

/** Runs a command to its end; throws its output when it fails. */
export async function runCommand(command: readonly string[]): Promise<void> {
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
