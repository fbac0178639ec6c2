/**
 * The Rust command line `moq` with media at one end and our `hang` at the other,
 * through our relay.
 *
 * @module
 */
import { Feeder } from "../../media/feeder.ts";
import { Hang } from "../../media/hang_process.ts";
import { output } from "../../media/tools.ts";
import { type RelayAddress, relayOf } from "./peers.ts";
import { rustPrograms } from "./install.ts";

/** Long enough for both programs to start and for some groups to pass. */
const WATCH_SECONDS = 6;

const PICTURE = "testsrc2=size=160x90:rate=25:duration=4";
const TONE = "sine=frequency=440:sample_rate=48000:duration=4";

/** A relay, a folder, and one broadcast. */
export class Stage implements AsyncDisposable {
  /** Files of this test; deleted with the stage. */
  readonly folder: string;
  readonly #relay: RelayAddress;

  private constructor(relay: RelayAddress, folder: string) {
    this.#relay = relay;
    this.folder = folder;
  }

  /** Starts the relay. */
  static async open(): Promise<Stage> {
    return new Stage(await relayOf("deno"), await Deno.makeTempDir());
  }

  /** The relay's URL. */
  get url(): string {
    return `http://${this.#relay.host}/`;
  }

  /** Path of the broadcast. */
  get broadcast(): string {
    return "film.hang";
  }

  /** Four seconds of picture and tone, encoded by `args`. */
  async source(name: string, args: string): Promise<string> {
    const file = `${this.folder}/${name}`;
    await output("ffmpeg", [
      ...["-f", "lavfi", "-i", PICTURE, "-f", "lavfi", "-i", TONE],
      ...["-ac", "2", ...args.split(" "), file],
    ]);
    return file;
  }

  /** Our tool on the broadcast. */
  hang(command: string, args: readonly string[]): Hang {
    const url = `http://${this.#relay.host}`;
    return new Hang([command, "--url", url, "--name", "film.hang", ...args]);
  }

  /** Runs our tool for some seconds; its output is `name` in the folder. */
  async watch(name: string, args: readonly string[] = []): Promise<string> {
    const file = `${this.folder}/${name}`;
    await using viewer = this.hang("subscribe", [
      ...["--seconds", String(WATCH_SECONDS), ...args, file],
    ]);
    await viewer.result();
    return file;
  }

  /** Feeds the Rust tool with ffmpeg's output for `source`, until disposal. */
  async import(format: string, ffmpeg: string): Promise<AsyncDisposable> {
    const child = await this.#moq(["import", format], {
      stdin: "piped",
      stdout: "null",
    });
    const input = child.stdin.getWriter();
    const feeder = new Feeder(ffmpeg, input);
    return {
      async [Symbol.asyncDispose]() {
        end(child);
        await child.status;
        await feeder[Symbol.asyncDispose]();
        await input.abort().catch(() => {}); // The pipe broke when the program ended.
      },
    };
  }

  /** Runs the Rust tool for some seconds; its output is `name` in the folder. */
  async export(
    name: string,
    args: readonly string[],
  ): Promise<string> {
    const file = `${this.folder}/${name}`;
    const out = await Deno.create(file);
    const child = await this.#moq(["export", ...args], {
      stdin: "null",
      stdout: "piped",
    });
    const writing = child.stdout.pipeTo(out.writable);
    const timer = setTimeout(() => end(child), WATCH_SECONDS * 1000);
    await Promise.all([child.status, writing]);
    clearTimeout(timer);
    return file;
  }

  async #moq(
    args: readonly string[],
    pipes: Pick<Deno.CommandOptions, "stdin" | "stdout">,
  ): Promise<Deno.ChildProcess> {
    return new Deno.Command(`${await rustPrograms()}/moq`, {
      args: [
        ...["--connect", `http://${this.#relay.host}/`],
        ...["--broadcast", "film.hang", ...args],
      ],
      stderr: "null",
      ...pipes,
    }).spawn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#relay[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

function end(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGTERM");
  } catch {
    // It has already exited.
  }
}
