import assert from "node:assert/strict";
import {
  BroadcastProducer,
  openSession,
  PROTOCOLS,
  type Session,
} from "@moq-deno/lite";
import { connectWebSocket } from "@moq-deno/lite/transport";
import { connect } from "@moq-deno/lite/deno";
import { PublicAuth } from "./auth/auth.ts";
import { serveRelay } from "./embed.ts";

const anyone = new PublicAuth({ publish: ["**"], subscribe: ["**"] });

async function chatOf(session: Session, path: string): Promise<string> {
  await session.whenAnnounced(path);
  const read = session.consume(path).track("chat").texts();
  const { value } = await read.next();
  await read.return();
  return value ?? "";
}

function publish(session: Session): void {
  const broadcast = new BroadcastProducer();
  broadcast.createTrack("chat").writeText("hello");
  session.publish("room/alice", broadcast);
}

Deno.test("serveRelay: uses the program's own authorizer", async () => {
  const relay = await serveRelay({
    listen: "127.0.0.1:0",
    authorizer: new PublicAuth({ publish: ["room/**"], subscribe: ["**"] }),
    settings: { "limit.sessions": 2 },
  });
  const [address] = relay.httpAddresses;
  const url = `http://127.0.0.1:${address?.port}/`;
  await using alice = await connect(url);
  await using bob = await connect(url);
  publish(alice);
  assert.equal(await chatOf(bob, "room/alice"), "hello");
  const third = await connect(url);
  assert.equal((await third.closed)?.code, "going-away");
  await relay.close();
});

Deno.test("serveRelay: a relay without ports serves another server's requests", async () => {
  const relay = await serveRelay({ listen: [], authorizer: anyone });
  assert.deepEqual(relay.addresses, []);
  await using site = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request, info) =>
      new URL(request.url).pathname === "/about"
        ? new Response("a site of its own")
        : relay.handler(request, info),
  );
  const at = `127.0.0.1:${site.addr.port}`;
  const about = await fetch(`http://${at}/about`);
  assert.equal(await about.text(), "a site of its own");
  const health = await fetch(`http://${at}/health`);
  assert.equal(await health.text(), "ok\n");
  const [alice, bob] = await Promise.all(
    [1, 2].map(async () =>
      openSession(
        await connectWebSocket(`ws://${at}/`, { protocols: PROTOCOLS }),
      )
    ),
  );
  publish(alice!);
  assert.equal(await chatOf(bob!, "room/alice"), "hello");
  for (const session of [alice!, bob!]) {
    session.close();
    await session.closed;
  }
  await relay.close();
});

Deno.test("serveRelay: names the invalid option", async () => {
  await assert.rejects(
    serveRelay({ listen: "nowhere:port", authorizer: anyone }),
    /^ConfigError: listen.bind in the options: expected an address such as .*, got "nowhere:port"/,
  );
  await assert.rejects(
    serveRelay({ authorizer: anyone, settings: { "limit.session": 1 } }),
    /^ConfigError: Unknown key limit.session in the options: did you mean limit.sessions\?/,
  );
  await assert.rejects(
    serveRelay({ listen: ":0" }),
    /^ConfigError: Listening on \*:0 needs access rules/,
  );
});
