/**
 * `@moq/net` from npm in a page, over WebTransport, through our relay: both
 * directions, by its own choice of draft and with the version in band.
 *
 * @module
 */
import assert from "node:assert/strict";
import { bundle, PACKAGES } from "../interop/npm/bundle.ts";
import {
  freshRelay,
  loseGroups,
  theyCut,
  theyPublish,
  urlOf,
  weCut,
  wePublish,
} from "../interop/npm/exchange.ts";
import type { ConnectHow, Peer } from "../interop/npm/peer.ts";
import { Chromium, findChromium, type Page } from "./chromium.ts";
import { html, script, Site } from "./site.ts";

const path = findChromium();
const ENTRY = `import * as net from "${PACKAGES.net}";
import { NpmPeer } from "${import.meta.resolve("../interop/npm/peer.ts")}";
globalThis.peer = new NpmPeer(net);`;

const WAYS: readonly (readonly [
  name: string,
  version: string,
  how: ConnectHow,
])[] = [
  ["WebTransport, what it offers by itself", "moq-lite-05", {
    webSocket: false,
  }],
  ["WebTransport, moq-lite-04", "moq-lite-04", {
    webTransport: ["moq-lite-04"],
    webSocket: false,
  }],
  ["WebTransport, the version in band", "moq-lite-02", {
    webTransport: [],
    webSocket: false,
  }],
  ["WebSocket, what it offers by itself", "moq-lite-05", {
    webTransport: false,
  }],
];

/** The peer in `page`, told what to do from here. */
function peerIn(page: Page): Peer {
  const tell = (_: unknown, method: string) => (...words: readonly unknown[]) =>
    page.evaluate(`peer.${method}(...${JSON.stringify(words)})`);
  return new Proxy({}, { get: tell }) as Peer;
}

Deno.test({
  name: "@moq/net in Chromium: publishes to us and watches us",
  ignore: path === undefined,
  async fn(t) {
    await using site = new Site({
      "/": html(`<script type="module" src="peer.js"></script>`),
      "/peer.js": script(await bundle(ENTRY)),
    });
    await using chromium = await Chromium.launch(path!);
    for (const [name, version, how] of WAYS) {
      await t.step(name, async () => {
        const relay = await freshRelay();
        const page = await chromium.page();
        try {
          await page.goto(site.url);
          const peer = peerIn(page);
          assert.equal(await peer.connect(urlOf(relay), how), version);
          await theyPublish(peer, relay);
          await wePublish(peer, relay, { seesEnd: true });
          await weCut(peer, relay);
          await theyCut(peer, relay);
          if (version === "moq-lite-05") {
            const takesDatagrams = how.webTransport !== false;
            await loseGroups(peer, relay, { takesDatagrams });
          }
          await peer.close();
        } catch (cause) {
          throw new Error(page.console.join("\n"), { cause });
        } finally {
          await page.close();
          await relay.close();
        }
      });
    }
  },
});
