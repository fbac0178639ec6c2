import assert from "node:assert/strict";
import {
  BroadcastProducer,
  connect as connectFromPage,
  openSession,
  Origin,
  type Session,
  type Version,
} from "@moq-deno/lite";
import { acceptInBand, offerInBand } from "@moq-deno/lite/internal";
import { memoryPair } from "@moq-deno/lite/testing";
import type { Transport } from "@moq-deno/lite/transport";
import { connect } from "@moq-deno/lite/deno";
import { startRelay } from "@moq-deno/relay/server";

const never = new AbortController().signal;

async function relayed(origin: Origin, draft: Version): Promise<Session[]> {
  const [client, server] = memoryPair();
  const [theirs, ours] = await Promise.all([
    offerInBand(client, { drafts: [draft], signal: never }),
    acceptInBand(server, never),
  ]);
  return [
    openSession(theirs.transport, { inBand: theirs }),
    openSession(ours.transport, {
      inBand: ours,
      hop: origin.hop,
      readable: origin.scope(),
      writable: origin.scope(),
    }),
  ];
}

for (const draft of ["02", "01"] as const) {
  Deno.test(`in band: a group passes the relay, draft ${draft}`, async () => {
    const origin = new Origin();
    const [publisher, one] = await relayed(origin, draft);
    const [viewer, two] = await relayed(origin, draft);
    assert.equal(viewer!.version, draft);
    const broadcast = new BroadcastProducer();
    publisher!.publish("room/alice", broadcast);
    const track = broadcast.createTrack("chat");
    track.writeFrame({ timestamp: 1, payload: new Uint8Array([1, 2]) });
    for await (const { kind, path } of viewer!.announced("room")) {
      assert.deepEqual([kind, path], ["start", "alice"]);
      break;
    }
    const chat = viewer!.consume("room/alice").track("chat").subscribe();
    const group = await chat.next();
    const payloads = await Array.fromAsync(
      group!.frames(),
      ({ payload }) => [...payload],
    );
    assert.deepEqual(payloads, [[1, 2]]);
    chat.close();
    for (const session of [publisher, viewer, one, two]) session!.close();
    for (const session of [publisher, viewer, one, two]) await session!.closed;
  });
}

Deno.test("in band: the session ends with its negotiation stream", async () => {
  const [client, server] = memoryPair();
  const [theirs, ours] = await Promise.all([
    offerInBand(client, { signal: never }),
    acceptInBand(server, never),
  ]);
  const session = openSession(ours.transport, { inBand: ours });
  theirs.stream.send.close();
  assert.equal(await session.closed, undefined);
  client.close(0, "");
});

Deno.test("in band: unknown drafts, garbage and silence are refused", async () => {
  const cases: readonly [string, (peer: Transport) => Promise<void>][] = [
    ["version", async (peer) => {
      const { send } = await peer.openBidi();
      send.write(Uint8Array.fromHex("20000a01c0000000ff00000e00"));
    }],
    ["protocol", async (peer) => {
      const { send } = await peer.openBidi();
      send.write(Uint8Array.fromHex("01020000"));
    }],
    ["protocol", async (peer) => {
      const { send } = await peer.openBidi();
      send.write(Uint8Array.fromHex("2000"));
      send.close();
    }],
    ["transport", (peer) => Promise.resolve(peer.close(0, ""))],
  ];
  for (const [code, act] of cases) {
    const [client, server] = memoryPair();
    const accepting = acceptInBand(server, never);
    await act(client);
    await assert.rejects(accepting, { name: "MoqError", code });
    client.close(0, "");
  }
  const [client, server] = memoryPair();
  const patience = new AbortController();
  const waiting = acceptInBand(server, patience.signal);
  patience.abort(new Error("no more time"));
  await assert.rejects(waiting, /no more time/);
  client.close(0, "");
});

Deno.test("connect: negotiates in band with our relay over raw QUIC", async () => {
  const relay = await startRelay(["--listen", "127.0.0.1:0"]);
  const [{ port } = { port: 0 }] = relay.addresses;
  const url = `moqt://127.0.0.1:${port}/`;
  const trust = {
    serverCertificateHashes: [Uint8Array.fromHex(relay.fingerprint)],
  };
  const publisher = await connect(url, { ...trust, protocols: ["moql"] });
  const viewer = await connect(url, trust);
  try {
    assert.equal(publisher.version, "02");
    assert.equal(viewer.version, "06");
    publisher.publish("old", new BroadcastProducer());
    for await (const { path } of viewer.announced()) {
      assert.equal(path, "old");
      break;
    }
  } finally {
    publisher.close();
    viewer.close();
    await relay.close();
  }
});

Deno.test("connect: a page negotiates in band when its WebSocket names no draft", async () => {
  const relay = await startRelay(["--listen", "127.0.0.1:0"]);
  const [{ port } = { port: 0 }] = relay.httpAddresses;
  const session = await connectFromPage(`http://127.0.0.1:${port}/`, {
    webTransport: false,
    protocols: [],
  });
  assert.equal(session.version, "02");
  session.close();
  assert.equal(await session.closed, undefined);
  await relay.close();
});
