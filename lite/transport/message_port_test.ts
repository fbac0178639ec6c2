/**
 * The transport contract over a MessageChannel, and what is special about it.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type TransportPair,
  transportSuite,
} from "../../tests/compliance/transport.ts";
import { messagePortTransport } from "./message_port.ts";
import type { QmuxTuning } from "./qmux/qmux.ts";

async function pair(tuning: QmuxTuning = {}): Promise<TransportPair> {
  const { port1, port2 } = new MessageChannel();
  const protocol = "moq-lite-06";
  const client = messagePortTransport(port1, {
    ...tuning,
    protocol,
    role: "client",
  });
  const server = messagePortTransport(port2, {
    ...tuning,
    protocol,
    role: "server",
  });
  for (const end of [client, server]) {
    while (end.datagrams?.maxBytes === 0) await turn();
  }
  const dispose = async (): Promise<void> => {
    client.close(0, "");
    await server.closed;
  };
  return { client, server, dispose };
}

// A turn of the event loop, so that the ports get to run.
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

const uniLimit = 8;
transportSuite(
  "messagePortTransport",
  () => pair({ parameters: { maxStreamsUni: uniLimit } }),
  { uniLimit },
);

Deno.test("messagePortTransport: both ends report the protocol and a true reset", async () => {
  const { client, server, dispose } = await pair();
  for (const end of [client, server]) {
    assert.equal(end.protocol, "moq-lite-06");
    assert.equal(end.reliableReset, true);
  }
  await dispose();
});

Deno.test("messagePortTransport: a foreign message ends the session at both ends", async () => {
  const { port1, port2 } = new MessageChannel();
  const server = messagePortTransport(port1, { role: "server" });
  const answers: unknown[] = [];
  const over = Promise.withResolvers<void>();
  port2.onmessage = ({ data }) => {
    answers.push(data);
    if (data === null) over.resolve();
  };
  port2.postMessage({ hello: "worker" });
  const { code, error } = await server.closed;
  assert.equal(code, undefined);
  assert.match(String(error), /Peer sent a text message/);
  await over.promise;
  assert.equal(answers.at(-1), null);
  port2.close();
});
