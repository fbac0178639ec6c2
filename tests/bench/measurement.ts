/**
 * One measurement of one server, with processes of its own.
 *
 * @module
 */
import type { Load } from "./arguments.ts";
import { Child } from "./process.ts";
import type { ServerAddress } from "./stream_bytes.ts";
import type { Measured } from "./viewers_process.ts";

/** The servers under test. */
export type ServerName = ServerAddress["server"];

/** What a server used, and what its viewers saw. */
export interface Result {
  /** CPU of the server's process for each frame a viewer had completely, in microseconds. */
  readonly frameMicros: number;
  /** CPU of the server's process, in cores. */
  readonly cores: number;
  /** Share of the frames due that came. */
  readonly delivered: number;
  /** Median age of a frame when it was complete. */
  readonly p50Ms: number;
  /** Age that 99 of 100 frames did not exceed. */
  readonly p99Ms: number;
  /** What the server's process grew by for each viewer, in bytes. */
  readonly viewerBytes: number;
}

const WARM_UP_MS = 3000;

/** Runs everything there is to one measurement and ends it again. */
export async function measure(name: ServerName, load: Load): Promise<Result> {
  await using server = new Child(`./${name}_process.ts`, undefined);
  const address = await server.next<ServerAddress>();
  const settings = { ...address, load };
  await using publisher = new Child("./publisher_process.ts", settings);
  await publisher.next();
  await using viewers = new Child("./viewers_process.ts", settings);
  const alone = await server.usage();
  await viewers.ask("join");
  await pause(WARM_UP_MS);

  await viewers.ask("begin");
  const before = await server.usage();
  const start = performance.now();
  await pause(load.seconds * 1000);
  const seen = await viewers.ask<Measured>("end");
  const after = await server.usage();
  const seconds = (performance.now() - start) / 1000;

  const cpuMs = after.cpuMs - before.cpuMs;
  return {
    frameMicros: cpuMs * 1000 / seen.frames,
    cores: cpuMs / 1000 / seconds,
    delivered: seen.frames / (load.viewers * load.fps * seconds),
    p50Ms: seen.p50Ms,
    p99Ms: seen.p99Ms,
    viewerBytes: (after.residentBytes - alone.residentBytes) / load.viewers,
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
