/**
 * A relay process for faults, and an audience that must not be affected.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  openSession,
  PROTOCOLS,
  type Session,
  sleep,
  systemClock,
} from "@moq-deno/lite";
import { connectWebSocket } from "@moq-deno/lite/transport";
import { connect } from "@moq-deno/lite/deno";
import { Child } from "../integration/process/child.ts";
import type {
  RelayAddress,
  RelaySettings,
  RelayState,
} from "../integration/process/relay_process.ts";
import type { AudienceSettings, Witnessed } from "./audience_process.ts";

/** Options of a {@linkcode World}. */
export interface WorldOptions {
  /** Flags of the relay, in addition to its address. */
  readonly flags?: readonly string[];
  /** Limit of open files of the relay's process. */
  readonly maxFiles?: number;
}

/** A transport, by URL scheme. */
export type Way = "moqt" | "https" | "ws";

const MAX_AGE_MS = 1500;
const MAX_UNDERWAY_FRAMES = 90;
// If a process is this late, the machine is busy, and the relay may be late too.
const BUSY_MS = 250;
const PATIENCE_MS = 60_000;
// A socket with a silent peer is closed after at most two pings.
const SOCKET_PATIENCE_MS = 70_000;
const POLL_MS = 50;
/** JavaScript memory that a relay may keep after peers have left; mostly code that ran for the first time. */
const MAX_KEPT_BYTES = 8_000_000;
/** The audience: its publisher and its viewer. */
const SESSIONS = 2;

/** A relay with an audience. Disposal ends both. */
export class World implements AsyncDisposable {
  /** The relay. */
  readonly relay: Child;
  /** Its port, the same in UDP and TCP. */
  readonly port: number;
  /** Certificate hashes for trusting it. */
  readonly serverCertificateHashes: readonly Uint8Array<ArrayBuffer>[];
  readonly #fingerprint: string;
  #audience: Child | undefined;
  #heapBytes = 0;

  private constructor(relay: Child, { port, fingerprint }: RelayAddress) {
    this.relay = relay;
    this.port = port;
    this.serverCertificateHashes = [Uint8Array.fromHex(fingerprint)];
    this.#fingerprint = fingerprint;
  }

  /** Starts both, and waits until the viewer receives frames. */
  static async open(options: WorldOptions = {}): Promise<World> {
    const { flags = [], maxFiles } = options;
    const settings: RelaySettings = {
      flags: ["--listen=127.0.0.1:0", ...flags],
    };
    const file = new URL(
      "../integration/process/relay_process.ts",
      import.meta.url,
    );
    const v8Flags = "--expose-gc";
    const relay = new Child(file, settings, { v8Flags, maxFiles });
    const world = new World(relay, await relay.next());
    await world.#seat();
    return world;
  }

  async #seat(): Promise<void> {
    const settings: AudienceSettings = {
      url: this.url("moqt").href,
      fingerprint: this.#fingerprint,
    };
    const file = new URL("audience_process.ts", import.meta.url);
    this.#audience = new Child(file, settings);
    await this.#audience.next();
    this.#heapBytes = (await this.collected()).heapBytes;
    await this.#audience.ask("begin");
  }

  /** The relay's address over `way`. */
  url(way: Way): URL {
    return new URL(`${way}://127.0.0.1:${this.port}/`);
  }

  /** A session of an honest client. */
  async connect(way: Way): Promise<Session> {
    const { serverCertificateHashes } = this;
    const url = this.url(way);
    if (way !== "ws") return await connect(url, { serverCertificateHashes });
    return openSession(await connectWebSocket(url, { protocols: PROTOCOLS }));
  }

  /** Runs a file of this folder, with the relay's address in its settings. */
  run(file: string, settings: object = {}): Child {
    return new Child(new URL(file, import.meta.url), {
      ...settings,
      port: this.port,
      fingerprint: this.#fingerprint,
    });
  }

  /** The relay's state. */
  state(): Promise<RelayState> {
    return this.relay.ask("state");
  }

  /** The relay's state after a garbage collection. */
  collected(): Promise<RelayState> {
    return this.relay.ask("collect");
  }

  /** Waits until the relay's state satisfies `isAsExpected`; fails with `what` otherwise. */
  async until(
    what: string,
    isAsExpected: (state: RelayState) => boolean,
  ): Promise<RelayState> {
    const start = performance.now();
    for (;;) {
      const state = await this.state();
      if (isAsExpected(state)) return state;
      const shown = JSON.stringify(state);
      assert.ok(performance.now() - start < PATIENCE_MS, `${what}: ${shown}`);
      await sleep(systemClock, POLL_MS);
    }
  }

  /** Waits until the relay has at most `most` open sockets, or fails. */
  async untilSockets(most: number): Promise<void> {
    const start = performance.now();
    for (;;) {
      const { openSockets } = await this.relay.usage();
      if (openSockets <= most) return;
      const shown = `${openSockets} sockets are open, ${most} were`;
      assert.ok(performance.now() - start < SOCKET_PATIENCE_MS, shown);
      await sleep(systemClock, POLL_MS);
    }
  }

  /** Fails unless the audience saw everything in time, and the relay has released all other peers. */
  async unharmed(): Promise<void> {
    const seen = await this.#audience!.ask<Witnessed>("end");
    const shown = JSON.stringify(seen);
    assert.ok(!seen.hasEnded, `the audience's sessions continue: ${shown}`);
    if (seen.lagMs < BUSY_MS) {
      assert.equal(seen.cutGroups, 0, shown);
      assert.ok(seen.oldestMs <= MAX_AGE_MS, `no frame is late: ${shown}`);
    }
    const missing = seen.published - seen.frames;
    const most = MAX_UNDERWAY_FRAMES + seen.published / 10;
    assert.ok(missing <= most, `none is missing: ${shown}`);
    await this.until(
      "only the audience is left",
      ({ sessions, subscriptions }) =>
        sessions === SESSIONS && subscriptions === 1,
    );
    const { heapBytes } = await this.collected();
    const kept = heapBytes - this.#heapBytes;
    assert.ok(kept <= MAX_KEPT_BYTES, `${kept} bytes kept`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#audience?.[Symbol.asyncDispose]();
    await this.relay[Symbol.asyncDispose]();
  }
}

/** A test of one fault: `fn` harms the relay of its world, and the audience must not be affected. */
export function faultTest(
  name: string,
  options: WorldOptions,
  fn: (world: World) => Promise<void>,
): void {
  Deno.test(name, async () => {
    await using world = await World.open(options);
    await fn(world);
    await world.unharmed();
  });
}
