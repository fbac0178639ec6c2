/**
 * ffmpeg at the writing end of a pipe.
 *
 * @module
 */

/** Where the bytes go: the standard input of a program. */
export interface Pipe {
  /** Resolves when the next may come; rejects when the program has ended. */
  write(bytes: Uint8Array): Promise<void>;
}

/** ffmpeg that writes to its standard output, and that into a pipe, until it is disposed of. */
export class Feeder implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #feeding: Promise<void>;

  /** Starts it with `args`, which are separated by spaces. */
  constructor(args: string, into: Pipe) {
    this.#child = new Deno.Command("ffmpeg", {
      args: ["-v", "error", ...args.split(" "), "-"],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#feeding = this.#run(into);
  }

  async #run(into: Pipe): Promise<void> {
    try {
      for await (const chunk of this.#child.stdout) await into.write(chunk);
    } catch {
      // The program at the other end has ended; what is asked of it shows whether it should have.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await Promise.all([this.#feeding, this.#child.status]);
  }
}
