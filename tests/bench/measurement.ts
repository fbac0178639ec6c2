/**
 * One server under test, with a publisher and viewers in separate processes.
 *
 * @module
 */
import type { Load } from "./arguments.ts";
import { Child } from "../integration/process/child.ts";
import type { ServerAddress } from "./stream_bytes.ts";
import type { Measured } from "./viewers_process.ts";

/** The servers under test. */
export type ServerName = ServerAddress["server"];

/** A server's resources, and what its viewers received. */
export interface Result {
  /** CPU time of the server's process per frame that a viewer completely received, in microseconds. */
  readonly frameMicros: number;
  /** CPU use of the server's process, in cores. */
  readonly cores: number;
  /** Share of the published frames that arrived. */
  readonly delivered: number;
  /** Median age of a frame once complete. */
  readonly p50Ms: number;
  /** 99th percentile of that age. */
  readonly p99Ms: number;
  /** Growth of the server's process per viewer, in bytes. */
  readonly viewerBytes: number;
}

const SETTLE_MS = 1000;

/** A server with its publisher and viewers, each a process. Disposal ends them. */
export class Bench implements AsyncDisposable {
  readonly #load: Load;
  readonly #processes = new AsyncDisposableStack();
  #server!: Child;
  #publisher!: Child;
  #viewers!: Child;
  #aloneBytes = 0;

  private constructor(load: Load) {
    this.#load = load;
  }

  /** Starts the processes; resolves when every viewer has received a frame. */
  static async start(name: ServerName, load: Load): Promise<Bench> {
    const bench = new Bench(load);
    try {
      await bench.#start(name);
      return bench;
    } catch (error) {
      await bench[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #start(name: ServerName): Promise<void> {
    this.#server = this.#run(`./${name}_process.ts`, undefined);
    const address = await this.#server.next<ServerAddress>();
    const settings = { ...address, load: this.#load };
    this.#publisher = this.#run("./publisher_process.ts", settings);
    await this.#publisher.next();
    this.#viewers = this.#run("./viewers_process.ts", settings);
    await this.#publisher.ask("start");
    this.#aloneBytes = (await this.#server.usage()).residentBytes;
    await this.#viewers.ask("join");
    await pause(SETTLE_MS);
    await this.#publisher.ask("stop");
  }

  #run(file: string, settings: unknown): Child {
    return this.#processes.use(
      new Child(new URL(file, import.meta.url), settings),
    );
  }

  /** Runs the publisher for one measurement. */
  async turn(): Promise<Result> {
    await this.#publisher.ask("start");
    await pause(SETTLE_MS);
    await this.#viewers.ask("begin");
    const before = await this.#server.usage();
    const start = performance.now();
    await pause(this.#load.seconds * 1000);
    const seen = await this.#viewers.ask<Measured>("end");
    const after = await this.#server.usage();
    const seconds = (performance.now() - start) / 1000;
    await this.#publisher.ask("stop");
    await pause(SETTLE_MS / 2);

    const { viewers, fps } = this.#load;
    const cpuMs = after.cpuMs - before.cpuMs;
    return {
      frameMicros: cpuMs * 1000 / seen.frames,
      cores: cpuMs / 1000 / seconds,
      delivered: seen.frames / (viewers * fps * seconds),
      p50Ms: seen.p50Ms,
      p99Ms: seen.p99Ms,
      viewerBytes: (after.residentBytes - this.#aloneBytes) / viewers,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#processes.disposeAsync();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
