/**
 * `@moq/net` from npm in Deno, over WebSocket, through our relay: both directions, in
 * every subprotocol and draft that it offers.
 *
 * @module
 */
import assert from "node:assert/strict";
import { loadNet } from "./bundle.ts";
import {
  freshRelay,
  loseGroups,
  theyCut,
  theyPublish,
  urlOf,
  weCut,
  wePublish,
} from "./exchange.ts";
import { type ConnectHow, NpmPeer } from "./peer.ts";

// Their code leaves timers running for a while after a close.
const UNSANITIZED = { sanitizeOps: false, sanitizeResources: false };

const net = await loadNet();

const WAYS: readonly (readonly [
  name: string,
  version: string,
  how: ConnectHow,
])[] = [
  ["its own offer", "moq-lite-05", {}],
  ...[
    ["moq-lite-05", "qmux-02.moq-lite-05"],
    ["moq-lite-05", "qmux-01.moq-lite-05"],
    ["moq-lite-05", "qmux-00.moq-lite-05"],
    ["moq-lite-04", "qmux-01.moq-lite-04"],
    ["moq-lite-03", "qmux-01.moq-lite-03"],
    ["moq-lite-02", "qmux-01.moql"],
    ["moq-lite-02", "qmux-01"],
    ["moq-lite-02", "webtransport"],
  ].map(([version, name]) =>
    [name!, version!, { webSocket: [name!] }] as const
  ),
  ["no subprotocol", "moq-lite-02", { webSocket: [] }],
];

for (const [name, version, how] of WAYS) {
  Deno.test(
    `@moq/net over WebSocket, ${name}: publishes to us and watches us`,
    UNSANITIZED,
    async () => {
      const relay = await freshRelay();
      try {
        const peer = new NpmPeer(net);
        const agreed = await peer.connect(urlOf(relay), {
          ...how,
          webTransport: false,
        });
        assert.equal(agreed, version);
        await theyPublish(peer, relay);
        // On older drafts it waits for the end of a stream that it does not read, and over qmux never sees it.
        await wePublish(peer, relay, { seesEnd: version === "moq-lite-05" });
        await peer.close();
      } finally {
        await relay.close();
      }
    },
  );
}

for (
  const [version, webSocket] of [
    ["moq-lite-05", "qmux-01.moq-lite-05"],
    ["moq-lite-04", "qmux-01.moq-lite-04"],
    ["moq-lite-02", "qmux-01"],
  ] as const
) {
  Deno.test(
    `@moq/net over WebSocket, ${webSocket}: groups cut at every byte`,
    UNSANITIZED,
    async () => {
      const relay = await freshRelay();
      try {
        const peer = new NpmPeer(net);
        const how = { webSocket: [webSocket], webTransport: false } as const;
        assert.equal(await peer.connect(urlOf(relay), how), version);
        await weCut(peer, relay);
        await theyCut(peer, relay);
        await peer.close();
      } finally {
        await relay.close();
      }
    },
  );
}

Deno.test(
  "@moq/net over WebSocket: groups that may be lost use streams",
  UNSANITIZED,
  async () => {
    const relay = await freshRelay();
    try {
      const peer = new NpmPeer(net);
      await peer.connect(urlOf(relay), { webTransport: false });
      await loseGroups(peer, relay, { takesDatagrams: false });
      await peer.close();
    } finally {
      await relay.close();
    }
  },
);
