/** Peers on raw QUIC can dial any text: the relay with tokens, over transports in memory. */
import assert from "node:assert/strict";
import { BroadcastProducer, openSession, type Session } from "@moq-deno/lite";
import { SILENT } from "@moq-deno/lite/internal";
import { memoryPair } from "@moq-deno/lite/testing";
import { Relay } from "../../relay/relay.ts";
import { generateKey, KeySet } from "../../relay/token/mod.ts";
import { Revocations } from "../../relay/auth/revocations.ts";
import { NoAnonymousAuth, TokenAuth } from "../../relay/auth/token_auth.ts";

const KEY = await generateKey("HS256", { id: "k1" });
const ROOM = await KEY.sign({
  root: "room",
  publish: ["**"],
  subscribe: ["**"],
});
const ACCENT = await KEY.sign({ root: "caf\u00e9", subscribe: ["**"] });

function relayWithTokens(): Relay {
  const set = new KeySet([KEY]);
  const sources = [{
    find: (id: string | undefined) => Promise.resolve(set.find(id)),
  }];
  const anonymous = new NoAnonymousAuth();
  const revocations = new Revocations();
  return new Relay({
    authorizer: new TokenAuth({ sources, anonymous, revocations, log: SILENT }),
  });
}

interface Guest {
  readonly session: Session;
  /** Resolves when the relay has finished with the peer. */
  readonly left: Promise<void>;
}

function dial(relay: Relay, path: string): Guest {
  const [client, server] = memoryPair({ protocol: "moq-lite-06" });
  const session = openSession(client, { setup: { path } });
  const left = relay.accept({
    transport: "quic",
    protocol: "moq-lite-06",
    accept: () => Promise.resolve(server),
    refuse: (error) => server.close(0, error.message),
  });
  return { session, left };
}

const REFUSED: readonly string[] = [
  `/other?jwt=${ROOM}`,
  `/../room?jwt=${ROOM}`,
  `/./room?jwt=${ROOM}`,
  `/ROOM?jwt=${ROOM}`,
  `/room2?jwt=${ROOM}`,
  `/%72oom?jwt=${ROOM}`,
  `/room%2F7?jwt=${ROOM}`,
  `/room\0?jwt=${ROOM}`,
  `/room ?jwt=${ROOM}`,
  `/room\\7?jwt=${ROOM}`,
  `/r\u043e\u043em?jwt=${ROOM}`, // Cyrillic
  `/\uff52oom?jwt=${ROOM}`, // full width
  `/cafe\u0301?jwt=${ACCENT}`, // looks the same
  `/room/*?jwt=${ROOM}`,
  `/**?jwt=${ROOM}`,
  `/room${"/a".repeat(32)}?jwt=${ROOM}`,
  `/room#?jwt=${ROOM}`,
  `/room?x?jwt=${ROOM}`,
  `/room?JWT=${ROOM}`,
  `/room?jwt=${ROOM}&jwt=x`,
  `/room;jwt=${ROOM}`,
  "/room",
  "",
];

for (const path of REFUSED) {
  const shown = JSON.stringify(
    path.replace(ROOM, "ROOM").replace(ACCENT, "CAFÉ").slice(0, 60),
  );
  Deno.test(`Relay: ${shown} opens nothing`, async () => {
    const { session, left } = dial(relayWithTokens(), path);
    assert.equal((await session.closed)?.code, "unauthorized");
    await left;
  });
}

/** Resolves when something is published at `path`. */
async function started(relay: Relay, path: string): Promise<void> {
  for await (const _ of relay.origin.announced(path)) return;
}

const OPENED: readonly [path: string, published: string][] = [
  [`/room?jwt=${ROOM}`, "room/x"],
  [`//room///7//?jwt=${ROOM}`, "room/7/x"],
  [`room?jwt=x&jwt=${ROOM}&jwt=`, "room/x"],
  // An ordinary segment: the session is still below the token's root.
  [`/room/../other?jwt=${ROOM}`, "room/../other/x"],
  [`/room/..?jwt=${ROOM}`, "room/../x"],
  [`/room/%2e%2e?jwt=${ROOM}`, "room/%2e%2e/x"],
];

for (const [path, published] of OPENED) {
  const shown = JSON.stringify(path.replace(ROOM, "ROOM"));
  Deno.test(`Relay: ${shown} is ${published.slice(0, -2)}, below the token's root`, async () => {
    const relay = relayWithTokens();
    const { session, left } = dial(relay, path);
    session.publish("x", new BroadcastProducer());
    await started(relay, published);
    assert.deepEqual([...relay.origin.paths()], [published]);
    session.close();
    await left;
  });
}

Deno.test("Relay: a session above the token's root is limited to that root", async () => {
  const relay = relayWithTokens();
  relay.origin.publish("secret", new BroadcastProducer());
  relay.origin.publish("room/7", new BroadcastProducer());
  const { session, left } = dial(relay, `/?jwt=${ROOM}`);
  for (const path of ["other", "roommate", "", "room/mine"]) {
    session.publish(path, new BroadcastProducer());
  }
  await started(relay, "room/mine");
  assert.deepEqual([...relay.origin.paths()].sort(), [
    "room/7",
    "room/mine",
    "secret",
  ]);
  for await (const { path } of session.announced()) {
    assert.equal(path, "room/7");
    break;
  }
  session.close();
  await left;
});
