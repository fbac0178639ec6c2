/**
 * `@moq/net` from npm behind a link that cannot carry the video of our relay.
 *
 * @module
 */
import { BroadcastProducer } from "@moq-deno/lite";
import { connect } from "@moq-deno/lite/deno";
import {
  assertNewestCame,
  NARROW_BPS,
  OVER_WEB_SOCKET,
  publishBoth,
  type Subscribe,
  subscribeOurs,
  watchBoth,
} from "../narrow.ts";
import { TcpLink } from "../tcp_link.ts";
import { loadNet } from "./bundle.ts";
import { freshRelay, urlOf } from "./exchange.ts";
import { NpmPeer } from "./peer.ts";

const net = await loadNet();

/** Subscribes with the npm package. */
function subscribeTheirs(peer: NpmPeer, path: string): Subscribe {
  return async function* (name, { priority = 0, signal }) {
    const track = peer.subscribe(path, { name, priority });
    signal?.addEventListener("abort", () => track.close(), { once: true });
    for (let group; (group = await track.recvGroup());) {
      const reader = group;
      yield {
        async *frames() {
          for (let frame; (frame = await reader.readFrame());) {
            yield { timestamp: frame.timestamp.asMillis() };
          }
        },
      };
    }
  };
}

Deno.test({
  name: "@moq/net over a narrow WebSocket gets the newest, audio first",
  // Their code leaves timers running for a while after a close.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const relay = await freshRelay();
    const [{ port: target } = { port: 0 }] = relay.httpAddresses;
    using link = new TcpLink({ target, bitsPerSecond: NARROW_BPS });
    const peer = new NpmPeer(net);
    await peer.connect(`http://127.0.0.1:${link.port}/`, {
      webTransport: false,
    });
    const publisher = await connect(urlOf(relay));
    const other = await connect(urlOf(relay));
    const broadcast = new BroadcastProducer();
    publisher.publish("live", broadcast);
    while ((await peer.announced())?.path !== "live") { /* Not that one. */ }
    const over = new AbortController();
    const watching = [
      subscribeTheirs(peer, "live"),
      subscribeOurs(other, "live"),
    ].map((subscribe) => watchBoth(subscribe, over.signal));
    await publishBoth(broadcast);
    over.abort();
    const [behind, beside] = await Promise.all(watching);
    for (const session of [publisher, other]) session.close();
    await peer.close();
    await relay.close();
    assertNewestCame(behind!, { ...OVER_WEB_SOCKET, beside: beside! });
  },
});
