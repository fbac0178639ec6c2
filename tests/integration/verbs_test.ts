/** A session and a reconnecting connection have the same verbs, which behave and throw alike. */
import assert from "node:assert/strict";
import {
  BroadcastProducer,
  Connection,
  MoqError,
  openSession,
  Origin,
  type Session,
} from "@moq-deno/lite";
import { memoryPair } from "@moq-deno/lite/testing";

type Client = Pick<
  Connection & Session,
  "publish" | "consume" | "announced" | "whenAnnounced" | "flushed" | "closed"
>;

interface Opened {
  readonly client: Client;
  /** The relay's origin. */
  readonly origin: Origin;
  close(): Promise<void>;
}

interface Relay {
  readonly origin: Origin;
  readonly sessions: Session[];
  dial(options?: Parameters<typeof openSession>[1]): Session;
}

function relay(): Relay {
  const origin = new Origin();
  const sessions: Session[] = [];
  return {
    origin,
    sessions,
    dial(options) {
      const [ours, theirs] = memoryPair({ protocol: "moq-lite-06" });
      const { hop } = origin;
      const [readable, writable] = [origin.scope(), origin.scope()];
      sessions.push(openSession(theirs, { hop, readable, writable }));
      return openSession(ours, options);
    },
  };
}

function openOnce(): Opened {
  const { origin, sessions, dial } = relay();
  const client = dial();
  return {
    client,
    origin,
    async close() {
      client.close();
      await Promise.all([client, ...sessions].map(({ closed }) => closed));
    },
  };
}

function openAgain(): Opened {
  const { origin, sessions, dial } = relay();
  const client = new Connection({
    dial: (options) => Promise.resolve(dial(options)),
  });
  return {
    client,
    origin,
    async close() {
      client.close();
      await Promise.all([client, ...sessions].map(({ closed }) => closed));
    },
  };
}

for (
  const [name, open] of [["Session", openOnce], [
    "Connection",
    openAgain,
  ]] as const
) {
  Deno.test(`${name}: publishes, and reads what others publish`, async () => {
    const { client, origin, close } = open();
    const ours = new BroadcastProducer();
    ours.createTrack("chat").writeText("from us");
    client.publish("room/us", ours);
    const theirs = new BroadcastProducer();
    theirs.createTrack("chat").writeText("from them");
    origin.publish("room/them", theirs);

    await client.whenAnnounced("room/them");
    const read = client.consume("room/them").track("chat").texts();
    assert.equal((await read.next()).value, "from them");
    await read.return();

    for await (const { path } of origin.announced("room/us")) {
      assert.equal(path, "");
      break;
    }
    const back = origin.consume("room/us").track("chat").texts();
    assert.equal((await back.next()).value, "from us");
    await back.return();

    await client.flushed();
    const seen: string[] = [];
    for await (const { kind, path } of client.announced("room")) {
      seen.push(`${kind} ${path}`);
      if (path === "them") break;
    }
    assert.ok(seen.includes("start them"));
    ours.close();
    theirs.close();
    await close();
  });

  Deno.test(`${name}: a broadcast that is not announced fails when read`, async () => {
    const { client, close } = open();
    await client.flushed();
    const groups = client.consume("nothing/there").track("chat").subscribe();
    await assert.rejects(groups.next(), MoqError);
    await close();
  });

  Deno.test(`${name}: its end ends every wait`, async () => {
    const { client, close } = open();
    const waits = [
      client.whenAnnounced("never").then(() => assert.fail("never announced")),
      Array.fromAsync(client.announced("never")),
    ].map((wait) => wait.catch((error) => error));
    await close();
    const [missed] = await Promise.all(waits);
    assert.ok(missed instanceof MoqError);
    assert.equal(missed.code, "closed");
    await assert.rejects(client.whenAnnounced("never"), { code: "closed" });
    await assert.rejects(client.flushed(), MoqError);
  });

  Deno.test(`${name}: a signal ends a wait with its reason`, async () => {
    const { client, close } = open();
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await assert.rejects(client.whenAnnounced("never", signal), reason);
    await assert.rejects(client.flushed(signal), reason);
    await close();
  });
}
