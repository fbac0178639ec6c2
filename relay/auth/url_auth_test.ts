import assert from "node:assert/strict";
import { type Clock, MoqError, systemClock } from "@moq-deno/lite";
import { SILENT } from "@moq-deno/lite/internal";
import { VirtualClock } from "@moq-deno/lite/testing";
import type { Peer } from "./auth.ts";
import type { JsonObject } from "../token/mod.ts";
import { REMOTE_TIMEOUT_MS } from "./remote.ts";
import { FLUSH_TIMEOUT_MS, UrlAuth } from "./url_auth.ts";

interface Fake extends AsyncDisposable {
  readonly auth: UrlAuth;
  readonly asked: string[];
  answer: () => Response | Promise<Response>;
}

function fake(clock: Clock = systemClock): Fake {
  const asked: string[] = [];
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, async (request) => {
    asked.push(await request.text());
    return await self.answer();
  });
  const url = new URL(`http://127.0.0.1:${server.addr.port}/`);
  const self: Fake = {
    auth: new UrlAuth(url, { clock, log: SILENT }),
    asked,
    answer: () => Response.json({ publish: ["**"] }),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return self;
}

const REQUEST: Peer = {
  transport: "websocket",
  path: "/demo/room",
  query: "jwt=abc&x=%20y",
  remote: "127.0.0.1:34090",
  serverName: "127.0.0.1",
  protocol: "qmux-01.moq-lite-06",
};

const END = {
  reason: "closed",
  durationMs: 1500,
  bytes: { sent: 10, received: 3 },
};

function without(text: string | undefined, ...names: string[]): string {
  const facts: JsonObject = JSON.parse(text ?? "{}");
  return JSON.stringify(
    Object.fromEntries(
      Object.entries(facts).filter(([name]) => !names.includes(name)),
    ),
  );
}

Deno.test("UrlAuth: sends the contract's fields", async () => {
  await using server = fake();
  const { lease, ...grant } = await server.auth.grant(REQUEST);
  assert.deepEqual(grant, {
    root: "demo/room",
    publish: ["**"],
    subscribe: [],
    mounts: [],
    isRelay: false,
    tier: undefined,
  });
  assert.equal(
    without(server.asked[0], "id"),
    '{"event":"connect","node":"","transport":"websocket","remote":"127.0.0.1:34090","server_name":"127.0.0.1","alpn":"qmux-01.moq-lite-06","path":"/demo/room","query":"jwt=abc&x=%20y"}',
  );
  lease?.release(END);
  await server.auth.flush();
  assert.equal(
    without(server.asked[1], "id"),
    '{"event":"end","reason":"closed","duration":1.5,"bytes":{"sent":10,"received":3},"node":"","transport":"websocket","remote":"127.0.0.1:34090","server_name":"127.0.0.1","alpn":"qmux-01.moq-lite-06","path":"/demo/room","query":"jwt=abc&x=%20y"}',
  );
  const [first, second] = server.asked.map((text) => JSON.parse(text).id);
  assert.match(first, /^[0-9a-f]{32}$/);
  assert.equal(first, second);
});

Deno.test("UrlAuth: WebTransport is reported as QUIC, unknown facts are absent", async () => {
  await using server = fake();
  const { lease } = await server.auth.grant({
    transport: "webtransport",
    path: "",
    query: "",
    role: "publisher",
  });
  lease?.release(END);
  await server.auth.flush();
  assert.equal(
    without(server.asked[0], "id"),
    '{"event":"connect","node":"","transport":"quic","path":"/","role":"publisher"}',
  );
});

Deno.test("UrlAuth: takes root, mounts, tier and peer from the server", async () => {
  await using server = fake();
  const root = "/pid//room/";
  server.answer = () =>
    Response.json({
      subscribe: ["*/**"],
      root,
      mounts: { "svc": "/fleet/pid" },
      tier: "gold",
      peer: true,
    });
  const { lease, ...grant } = await server.auth.grant(REQUEST);
  assert.deepEqual(grant, {
    root: "pid/room",
    publish: [],
    subscribe: ["**/*"],
    mounts: [{ at: "svc", target: "fleet/pid" }],
    isRelay: true,
    tier: "gold",
  });
  lease?.release(END);
  await server.auth.flush();
});

const REFUSALS: readonly [what: string, answer: () => Response][] = [
  ["401", () => new Response("why", { status: 401 })],
  ["403", () => new Response("why", { status: 403 })],
  ["an empty grant", () => Response.json({ publish: [] })],
  [
    "a mount over another's target",
    () =>
      Response.json({
        subscribe: ["**"],
        mounts: { a: "demo/room/z", z: "secret" },
      }),
  ],
  [
    "a mount with a wildcard",
    () => Response.json({ subscribe: ["**"], mounts: { "*": "x" } }),
  ],
];

for (const [what, answer] of REFUSALS) {
  Deno.test(`UrlAuth: ${what} is a refusal`, async () => {
    await using server = fake();
    server.answer = answer;
    const refused = server.auth.grant(REQUEST);
    await assert.rejects(refused, { code: "unauthorized" });
  });
}

const past = Math.floor(Date.now() / 1000) - 1;

const OUTAGES: readonly [what: string, answer: () => Response][] = [
  ["500", () => new Response("", { status: 500 })],
  ["404", () => new Response("", { status: 404 })],
  ["a redirect", () => Response.redirect("http://127.0.0.1:1/")],
  ["text that is not JSON", () => new Response("yes")],
  ["a list", () => Response.json(["**"])],
  ["an invalid pattern", () => Response.json({ publish: ["a//b"] })],
  [
    "a tier that is not a string",
    () => Response.json({ publish: ["**"], tier: 1 }),
  ],
  [
    "a peer flag that is a string",
    () => Response.json({ publish: ["**"], peer: "yes" }),
  ],
  ["mounts as a list", () => Response.json({ publish: ["**"], mounts: ["a"] })],
  [
    "a mount that is not a path",
    () => Response.json({ publish: ["**"], mounts: { a: 1 } }),
  ],
  ["patterns as a string", () => Response.json({ publish: "**" })],
  [
    "an expired grant",
    () => Response.json({ publish: ["**"], expires: past }),
  ],
  [
    "a revalidation interval without an expiry",
    () => Response.json({ publish: ["**"], revalidate: 5 }),
  ],
  ["too much", () => new Response(`{"publish":["${"a".repeat(300_000)}"]}`)],
];

for (const [what, answer] of OUTAGES) {
  Deno.test(`UrlAuth: ${what} refuses the session`, async () => {
    await using server = fake();
    server.answer = answer;
    const error = await server.auth.grant(REQUEST).catch((error) => error);
    assert.ok(error instanceof MoqError);
    assert.deepEqual([error.code, error.remoteCode], ["transport", 566]);
  });
}

Deno.test("UrlAuth: a server that does not answer in time is a refusal", async () => {
  const due = Promise.withResolvers<() => void>();
  const clock: Clock = {
    now: () => 0,
    after(ms, then) {
      assert.equal(ms, REMOTE_TIMEOUT_MS);
      due.resolve(then);
      return () => {};
    },
  };
  await using server = fake(clock);
  const never = Promise.withResolvers<Response>();
  const arrived = Promise.withResolvers<void>();
  server.answer = () => {
    arrived.resolve();
    return never.promise;
  };
  const granted = server.auth.grant(REQUEST);
  const refused = assert.rejects(granted, { remoteCode: 566 });
  await arrived.promise;
  (await due.promise)();
  await refused;
  never.resolve(new Response());
});

Deno.test("UrlAuth: an unreachable server is a refusal", async () => {
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = free.addr;
  free.close();
  const auth = new UrlAuth(new URL(`http://127.0.0.1:${port}/`), {
    clock: systemClock,
    log: SILENT,
  });
  await assert.rejects(auth.grant(REQUEST), { remoteCode: 566 });
  await using server = fake();
  const starred = server.auth.grant({ ...REQUEST, path: "/a/*" });
  await assert.rejects(starred, { code: "unauthorized" });
  assert.equal(server.asked.length, 0);
});

Deno.test("UrlAuth.flush: waits at most two seconds for a hanging server", async () => {
  const clock = new VirtualClock();
  await using server = fake(clock);
  const { lease } = await server.auth.grant(REQUEST);
  const never = Promise.withResolvers<Response>();
  const arrivals = [0, 1].map(() => Promise.withResolvers<void>());
  server.answer = () => {
    arrivals[server.asked.length - 2]?.resolve();
    return never.promise;
  };
  const asking = assert.rejects(server.auth.grant(REQUEST), {
    remoteCode: 566,
  });
  lease?.release(END);
  await Promise.all(arrivals.map(({ promise }) => promise));
  let isOver = false;
  const flushed = server.auth.flush().then(() => isOver = true);
  await asking;
  await clock.advance(FLUSH_TIMEOUT_MS - 1);
  assert.equal(isOver, false);
  await clock.advance(1);
  await flushed;
  never.resolve(new Response());
});
