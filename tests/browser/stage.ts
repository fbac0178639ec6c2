/**
 * Everything around a page that plays: a relay in a process of its own, a
 * publisher that comes back whenever the relay does, and the demo's page.
 *
 * @module
 */
import {
  BroadcastProducer,
  type Connection,
  sleep,
  systemClock,
} from "@moq-deno/lite";
import { reconnect } from "@moq-deno/lite/deno";
import { openMedia, publishMedia } from "@moq-deno/hang/media";
import { pageFrom, type PageServer } from "../../examples/demo/ports.ts";
import { openFileSource } from "../../hang/cli/file_source.ts";
import { DENO_RUN, Program, ROOT } from "../package/process.ts";
import type { Chromium, Page, PageOptions } from "./chromium.ts";

const CLIP = new URL("examples/demo/clip.mp4", ROOT);
const FIRST_PAGE_PORT = 18_080;
const PATIENCE_MS = 15_000;

/** Path of the broadcast. */
export const NAME = "demo";

/** A relay, a publisher and a page's server; dispose of it to end them. */
export class Stage implements AsyncDisposable {
  readonly #resources = new AsyncDisposableStack();
  readonly #address: string;
  readonly #web: PageServer;
  #relay: Program;
  #connection: Connection | undefined;

  private constructor(
    parts: { readonly address: string; readonly relay: Program },
  ) {
    this.#address = parts.address;
    this.#relay = parts.relay;
    this.#web = this.#resources.adopt(
      pageFrom(FIRST_PAGE_PORT, { relay: `http://${this.#address}/` }),
      (server) => server.shutdown(),
    );
  }

  /** Starts everything. */
  static async open(): Promise<Stage> {
    const { relay, address } = await startRelay("127.0.0.1:0");
    const stage = new Stage({ relay, address });
    await stage.#publish();
    return stage;
  }

  /** Opens the demo's page. */
  async page(chromium: Chromium, options?: PageOptions): Promise<Page> {
    const page = await chromium.page(options);
    await page.goto(this.url);
    return page;
  }

  /** The relay's URL. */
  get relayUrl(): string {
    return `http://${this.#address}/`;
  }

  /** Address of the demo's page. */
  get url(): string {
    return `http://127.0.0.1:${this.#web.addr.port}/`;
  }

  /** Waits until the relay holds so many subscriptions at the publisher: what viewers do not want it does not fetch. */
  async subscribed(tracks: number): Promise<void> {
    const patience = AbortSignal.timeout(PATIENCE_MS);
    const held = () => this.#connection?.session?.stats.subscriptions;
    while (held() !== tracks) {
      if (patience.aborted) {
        throw new Error(`Expected ${tracks} subscriptions, got ${held()}`);
      }
      await sleep(systemClock, 20);
    }
  }

  /** Ends the relay and starts another on the same port; resolves when that one listens, with the milliseconds in which none did. */
  async restartRelay(signal: "SIGTERM" | "SIGKILL"): Promise<number> {
    await this.#relay.stop(signal);
    const endMs = performance.now();
    await this.#relay[Symbol.asyncDispose]();
    this.#relay = (await startRelay(this.#address)).relay;
    return performance.now() - endMs;
  }

  /** Ends everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources[Symbol.asyncDispose]();
    await this.#relay[Symbol.asyncDispose]();
  }

  async #publish(): Promise<void> {
    const source = this.#resources.use(await openFileSource(CLIP));
    const media = await openMedia(source);
    this.#resources.defer(() => media.close());
    const connection = reconnect(`http://${this.#address}/`, {
      role: "publisher",
      initialDelayMs: 250,
      maxDelayMs: 1000,
    });
    this.#connection = connection;
    this.#resources.defer(async () => {
      connection.close();
      await connection.closed;
    });
    const broadcast = new BroadcastProducer();
    connection.local.publish(NAME, broadcast);
    const publication = publishMedia(broadcast, media, { loop: true });
    this.#resources.defer(async () => {
      publication.close();
      await publication.closed;
      broadcast.close();
    });
  }
}

async function startRelay(
  listen: string,
): Promise<{ readonly relay: Program; readonly address: string }> {
  const flags = [
    ...["--listen", listen],
    ...["--quic-idle-timeout", "5s", "--quic-keep-alive", "2s"],
  ];
  const relay = new Program([...DENO_RUN, "relay/main.ts", ...flags], {
    cwd: ROOT,
  });
  const [, address = ""] = await relay.prints(
    /^ *listening +(127\.0\.0\.1:\d+)/m,
  );
  return { relay, address };
}
