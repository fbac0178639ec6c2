/**
 * A room with two people who meet and chat, on a relay of its own, and the
 * demo's pages for those who come to look.
 *
 * @module
 */
import { type RunningRelay, startRelay } from "@moq-deno/relay/server";
import { pageFrom, type PageServer } from "../../examples/demo/ports.ts";
import type { Chromium } from "./chromium.ts";
import { visit } from "./room_pages.ts";

const FIRST_PAGE_PORT = 18_680;
const MEET = `document.querySelector("hang-meet")`;
const SAID: readonly (readonly [who: string, texts: readonly string[]])[] = [
  ["ada", ["Hello!", "Does it run in your browser too?"]],
  ["bob", ["It does. And the relay on this machine, in one file."]],
];

/** A room on `room/lobby`; dispose of it to end it. The people's Chromium is the caller's and needs `DEVICE_FLAGS`. */
export class Lobby implements AsyncDisposable {
  readonly #relay: RunningRelay;
  readonly #web: PageServer;

  private constructor(relay: RunningRelay) {
    this.#relay = relay;
    const { hostname, port } = relay.addresses[0]!;
    this.#web = pageFrom(FIRST_PAGE_PORT, {
      relay: `http://${hostname}:${port}/`,
      running: relay,
    });
  }

  /** Starts a relay and lets two people come in and write. */
  static async open(chromium: Chromium): Promise<Lobby> {
    const lobby = new Lobby(await startRelay(["--listen", "127.0.0.1:0"]));
    for (const [who, texts] of SAID) {
      const where = { url: lobby.url, page: "meet", who } as const;
      const page = await visit(chromium, { ...where, width: 640, height: 480 });
      await page.until(`${MEET}?.own?.chat`, 30_000);
      for (const text of texts) {
        await page.evaluate(`${MEET}.own.chat.send(${JSON.stringify(text)})`);
      }
    }
    return lobby;
  }

  /** Address of the demo's pages. */
  get url(): string {
    return `http://127.0.0.1:${this.#web.addr.port}/`;
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#web.shutdown();
    await this.#relay.close();
  }
}
