import assert from "node:assert/strict";
import { broadcastBehind, BroadcastProducer } from "../model/broadcast.ts";
import { Origin } from "../model/origin.ts";
import type { SendStream } from "../transport/transport.ts";
import { RequestedBroadcasts } from "./requested.ts";

function streamOf(): SendStream {
  return {
    ready: () => Promise.resolve(true),
    write: () => {},
    close: () => {},
    reset: () => {},
    stopped: new Promise(() => {}),
  };
}

/** An origin that has everything below `live`. */
function originOf(): Origin {
  const origin = new Origin();
  origin.claim("live", {
    covers: () => true,
    consume: () => new BroadcastProducer().consume(),
  }, { hops: [1n], warm: 0, cold: 0 });
  return origin;
}

Deno.test("RequestedBroadcasts: a refused request leaves nothing", () => {
  const origin = originOf();
  const requested = new RequestedBroadcasts();
  const [first, second] = [streamOf(), streamOf()];
  for (const stream of [first, second]) {
    requested.begin(stream, broadcastBehind(origin.consume("live/a")), origin);
  }
  requested.end(first, { isRefused: true });
  assert.equal(origin.served, 1, "another request is about it");
  requested.end(second, { isRefused: true });
  assert.equal(origin.served, 0);
});

Deno.test("RequestedBroadcasts: at most 64 idle broadcasts are kept", () => {
  const origin = originOf();
  const requested = new RequestedBroadcasts();
  const open = streamOf();
  requested.begin(open, broadcastBehind(origin.consume("live/open")), origin);
  for (let i = 0; i < 500; i++) {
    const stream = streamOf();
    requested.begin(
      stream,
      broadcastBehind(origin.consume(`live/${i}`)),
      origin,
    );
    requested.end(stream, { isRefused: false });
    assert.ok(origin.served <= 65, `${origin.served} broadcasts`);
  }
  requested.forgetIdle();
  assert.equal(origin.served, 1, "the one in progress");
  requested.end(open, { isRefused: false });
  requested.forgetIdle();
  assert.equal(origin.served, 0);
});
