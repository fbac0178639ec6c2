/**
 * The `hang` command in a process, as people run it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Latch } from "@moq-deno/lite/internal";

const ROOT = new URL("../../", import.meta.url);

/** One run, with its standard input and output; disposal ends it. */
export class Hang implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #status: Promise<Deno.CommandStatus>;
  readonly #stderr: Promise<void>;
  readonly #latch = new Latch();
  #said = "";
  #hasEnded = false;

  /** Starts it. */
  constructor(args: readonly string[]) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "hang/cli/main.ts", ...args],
      cwd: ROOT,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#status = this.#child.status;
    this.#stderr = this.#runStderr();
  }

  async #runStderr(): Promise<void> {
    const text = this.#child.stderr.pipeThrough(new TextDecoderStream());
    for await (const chunk of text) {
      this.#said += chunk;
      this.#latch.wake();
    }
    this.#hasEnded = true;
    this.#latch.wake();
  }

  /** Waits until standard error matches `pattern`; fails if the process exits first. */
  async says(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#said)) {
      assert.ok(!this.#hasEnded, this.#said);
      await this.#latch.changed();
    }
  }

  /** Lines of standard output. */
  readonly lines = (): AsyncIterable<string> =>
    this.#child.stdout
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new LineStream());

  /** All of standard output, after exit code 0. */
  async result(): Promise<string> {
    const text = await new Response(this.#child.stdout).text();
    const [{ code }] = await Promise.all([this.#status, this.#stderr]);
    assert.equal(code, 0, this.#said);
    return text;
  }

  /** All of standard error, after exit code 1. */
  async failure(): Promise<string> {
    await new Response(this.#child.stdout).arrayBuffer();
    const [{ code }] = await Promise.all([this.#status, this.#stderr]);
    assert.equal(code, 1, this.#said);
    return this.#said;
  }

  /** Stops it and expects exit code 0. */
  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.result();
  }

  /** Stops it and expects exit code 0, without reading its output. */
  async stopUnread(): Promise<void> {
    this.#child.kill("SIGTERM");
    const { code } = await this.#status;
    assert.equal(code, 0, this.#said);
  }

  /** Writes to standard input. */
  async write(bytes: Uint8Array): Promise<void> {
    const writer = this.#child.stdin.getWriter();
    try {
      await writer.write(bytes);
    } finally {
      writer.releaseLock();
    }
  }

  /** Kills it at once, without a chance to clean up. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stdin.close().catch(() => {}); // It has already exited.
    try {
      this.#child.kill("SIGTERM");
    } catch {
      // It has already exited.
    }
    await Promise.all([this.#status, this.#stderr]);
    if (!this.#child.stdout.locked) await this.#child.stdout.cancel();
  }
}

class LineStream extends TransformStream<string, string> {
  constructor() {
    let rest = "";
    super({
      transform(chunk, controller) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop()!;
        for (const line of lines) controller.enqueue(line);
      },
    });
  }
}
