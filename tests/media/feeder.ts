/**
 * ffmpeg that writes into a pipe.
 *
 * @module
 */

/** Where the bytes go: a program's standard input. */
export interface Pipe {
  /** Resolves when the next write may follow; rejects when the program has exited. */
  write(bytes: Uint8Array): Promise<void>;
}

/** ffmpeg, whose standard output goes into a pipe until disposal. */
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
      // The program at the other end has exited; the test checks whether it should have.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has already exited.
    }
    await Promise.all([this.#feeding, this.#child.status]);
  }
}
