import assert from "node:assert/strict";
import {
  BroadcastProducer,
  type Clock,
  MoqError,
  Origin,
} from "@moq-deno/lite";
import {
  type Authorizer,
  type GrantEnd,
  PublicAuth,
  requestToken,
} from "./auth/auth.ts";
import { Gate } from "./limits.ts";
import { FETCH_TIMEOUT_MS, handle, type HttpOptions } from "./http.ts";

const encoder = new TextEncoder();

/** Time stands still until a test fires the only timer. */
class HeldClock implements Clock {
  #then: (() => void) | undefined;
  readonly #waited = Promise.withResolvers<void>();

  /** Resolves once there is a timer. */
  get waited(): Promise<void> {
    return this.#waited.promise;
  }

  now(): number {
    return 0;
  }

  after(ms: number, then: () => void): () => void {
    assert.equal(ms, FETCH_TIMEOUT_MS);
    this.#waited.resolve();
    this.#then = then;
    return () => this.#then = undefined;
  }

  release(): void {
    this.#then?.();
  }
}

/** A client of operators' pages, and what is public for it. */
interface Asker {
  readonly remote?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly host?: string;
  /** Public patterns, where the client is admitted. */
  readonly open?: readonly string[];
  /** Public patterns, where the client is refused. */
  readonly limited?: readonly string[];
}

interface Setup extends HttpOptions {
  readonly clock: HeldClock;
}

function setup({ localPagesOnly = false } = {}): Setup {
  return {
    origin: new Origin(),
    authorizer: new PublicAuth({
      publish: [],
      subscribe: ["demo/**"],
      localPagesOnly,
    }),
    fingerprint: "ab".repeat(32),
    localPagesOnly,
    clock: new HeldClock(),
  };
}

async function get(
  options: HttpOptions,
  path: string,
  init?: RequestInit,
): Promise<{ status: number; body: string; headers: Headers }> {
  const url = new URL(path, "http://localhost:4443");
  const response = await handle(new Request(url, init), options);
  const { status, headers } = response;
  return { status, body: await response.text(), headers };
}

/** Publishes `demo/a` with groups 0, of two frames, and 1, of one. */
function publish({ origin }: HttpOptions): () => void {
  const broadcast = new BroadcastProducer();
  const track = broadcast.createTrack("text");
  const first = track.group();
  first.writeFrame({ timestamp: 0, payload: encoder.encode("one ") });
  first.writeFrame({ timestamp: 1, payload: new Uint8Array() });
  first.writeFrame({ timestamp: 2, payload: encoder.encode("two") });
  first.close();
  track.writeFrame({ timestamp: 3, payload: encoder.encode("three") });
  origin.publish("demo/a", broadcast);
  broadcast.createTrack("silent");
  return () => broadcast.close();
}

Deno.test("handle: health and certificate are exact to the byte", async () => {
  const options = setup();
  assert.equal((await get(options, "/health")).body, "ok\n");
  const { body, headers } = await get(options, "/certificate.sha256");
  assert.equal(body, "ab".repeat(32));
  assert.equal(headers.get("access-control-allow-origin"), "*");
});

Deno.test("handle: /health is 503 while the relay drains", async () => {
  const { status, body } = await get(
    { ...setup(), isDraining: true },
    "/health",
  );
  assert.equal(status, 503);
  assert.match(body, /^draining: /);
});

Deno.test("handle: /announced lists broadcasts below the path, one per line", async () => {
  const options = setup();
  const close = publish(options);
  const other = new BroadcastProducer();
  options.origin.publish("demo/b/c", other);
  assert.equal((await get(options, "/announced/demo")).body, "a\nb/c\n");
  assert.equal((await get(options, "/announced/demo/b/")).body, "c\n");
  assert.equal((await get(options, "/announced")).body, "demo/a\ndemo/b/c\n");
  other.close();
  close();
});

Deno.test("handle: /announced percent-encodes control characters", async () => {
  const options = setup();
  const broadcast = new BroadcastProducer();
  options.origin.publish("demo/a\x1b[2J\nfake", broadcast);
  const { body } = await get(options, "/announced/demo");
  assert.equal(body, "a%1B[2J%0Afake\n");
  broadcast.close();
});

Deno.test("handle: /fetch concatenates a group's payloads", async () => {
  const options = setup();
  const close = publish(options);
  const path = "/fetch/demo/a/text";
  assert.equal((await get(options, `${path}?group=0`)).body, "one two");
  assert.equal((await get(options, path)).body, "three");
  assert.equal((await get(options, `${path}?group=latest`)).body, "three");
  close();
});

Deno.test("handle: /fetch buffers little of a large frame for a slow client", async () => {
  const options = setup();
  const broadcast = new BroadcastProducer();
  const size = 1_000_000;
  broadcast.createTrack("large").writeFrame({
    timestamp: 0,
    payload: new Uint8Array(size),
  });
  options.origin.publish("demo/a", broadcast);
  const request = new Request("http://localhost:4443/fetch/demo/a/large");
  const { body } = await handle(request, options);
  let total = 0;
  for await (const piece of body!) {
    // Neither more bytes, nor a view that keeps the group in memory.
    assert.ok(piece.buffer.byteLength <= 16 * 1024);
    total += piece.byteLength;
  }
  assert.equal(total, size);
  broadcast.close();
});

Deno.test("handle: each failure has its status", async () => {
  const options = setup();
  const close = publish(options);
  const statuses: readonly [path: string, status: number][] = [
    ["/fetch/demo/a/text?group=9", 404],
    ["/fetch/demo/a/nothing", 404],
    ["/fetch/demo/nothing/text", 404],
    ["/fetch/text", 400],
    ["/fetch/demo/a/text?group=-1", 400],
    ["/fetch/demo/a/text?group=9007199254740991", 404],
    ["/fetch/demo/a/text?group=9007199254740992", 400],
    ["/fetch/demo/%ff/text", 400],
    ["/fetch/other/text", 401],
    ["/fetch/demo/a/text?jwt=x", 401],
    ["/announced/other", 401],
    ["/announced/demo/*", 401],
    ["/healthy", 404],
    ["/", 404],
  ];
  for (const [path, status] of statuses) {
    assert.equal((await get(options, path)).status, status, path);
  }
  const post = await get(options, "/health", { method: "POST" });
  assert.equal(post.status, 405);
  close();
});

Deno.test("handle: /fetch times out without a group", async () => {
  const options = setup();
  const close = publish(options);
  const answer = get(options, "/fetch/demo/a/silent");
  // The request reaches its wait.
  for (let i = 0; i < 20; i++) await Promise.resolve();
  options.clock.release();
  const { status, body } = await answer;
  assert.equal(status, 504);
  assert.match(body, /within 5000 ms: the track has none yet/);
  close();
});

Deno.test("handle: waiting requests do not block health or other addresses", async () => {
  const gate = new Gate({ total: 3, perAddress: 2 });
  const here: Setup = { ...setup(), gate, remote: "10.0.0.1:1" };
  const there: Setup = { ...here, remote: "10.0.0.2:1" };
  const close = publish(here);
  const waiting = [1, 2].map(() => get(here, "/fetch/demo/a/silent"));
  const crowded = await get(here, "/announced/demo");
  assert.equal(crowded.status, 429);
  assert.equal(crowded.headers.get("retry-after"), "5");
  assert.equal((await get(here, "/health")).status, 200);
  assert.equal((await get(here, "/certificate.sha256")).status, 200);
  assert.equal((await get(there, "/announced/demo")).status, 200);
  const reading = await handle(
    new Request("http://localhost:4443/fetch/demo/a/text?group=0"),
    there,
  );
  assert.equal((await get(there, "/announced/demo")).status, 503);
  assert.equal(await reading.text(), "one two");
  assert.equal((await get(there, "/announced/demo")).status, 200);
  close();
  for (const { status } of await Promise.all(waiting)) {
    assert.equal(status, 404);
  }
  assert.equal(gate.size, 0);
});

Deno.test("handle: a request without a reader leaves the gate", async () => {
  const gate = new Gate({ total: 9, perAddress: 9 });
  const options: Setup = { ...setup(), gate, remote: "10.0.0.1:1" };
  const close = publish(options);
  const waiting = get(options, "/fetch/demo/a/silent");
  assert.equal(gate.size, 1);
  await options.clock.waited;
  options.clock.release();
  assert.equal((await waiting).status, 504);
  assert.equal(gate.size, 0);
  const url = "http://localhost/fetch/demo/a/text";
  const answer = await handle(new Request(url), options);
  assert.equal(gate.size, 1);
  await answer.body?.cancel();
  assert.equal(gate.size, 0);
  const head = { method: "HEAD" };
  const { status, body } = await get(options, "/fetch/demo/a/text", head);
  assert.deepEqual({ status, body }, { status: 200, body: "" });
  assert.equal(gate.size, 0);
  close();
});

Deno.test("handle: preflight", async () => {
  const { status, headers } = await get(setup(), "/announced/demo", {
    method: "OPTIONS",
  });
  assert.equal(status, 204);
  assert.equal(headers.get("access-control-allow-methods"), "GET");
  assert.equal(headers.get("access-control-allow-origin"), "*");
});

Deno.test("handle: without settings, admits only local pages and names", async () => {
  const options = setup({ localPagesOnly: true });
  const origin = "http://localhost:8000";
  const near = await get(options, "/announced/demo", { headers: { origin } });
  assert.equal(near.status, 200);
  assert.equal(near.headers.get("access-control-allow-origin"), origin);
  const far = await get(options, "/announced/demo", {
    headers: { origin: "https://example.com" },
  });
  assert.equal(far.status, 401);
  assert.equal(far.headers.get("access-control-allow-origin"), null);
  const rebound = new Request("http://example.com:4443/health");
  assert.equal((await handle(rebound, options)).status, 403);
});

Deno.test("handle: releases the grant with every answer", async () => {
  const ends: GrantEnd[] = [];
  const options: Setup = {
    ...setup(),
    authorizer: {
      grant: ({ path, remote }) =>
        Promise.resolve({
          root: path.replace(/^\//, ""),
          publish: [],
          subscribe: path.endsWith("deaf") || remote === undefined
            ? []
            : ["**"],
          lease: {
            revoked: new Promise(() => {}),
            release: (end) => ends.push(end),
          },
        }),
    },
    remote: "127.0.0.1:5",
  };
  const close = publish(options);
  for (
    const [path, status] of [
      ["/announced/demo", 200],
      ["/announced/deaf", 401],
      ["/fetch/demo/a/text", 200],
      ["/fetch/demo/a/nothing", 404],
      ["/fetch/demo/none/text", 404],
    ] as const
  ) {
    assert.equal((await get(options, path)).status, status, path);
  }
  const end = { reason: "done", durationMs: 0 };
  assert.deepEqual(ends, [end, end, end, end, end]);
  close();
});

/** Metrics without a relay. */
const METRICS: NonNullable<HttpOptions["metrics"]> = {
  text: () => "moq_relay_broadcasts 0\n",
  countRequest: () => {},
};

/** Accepts one token for everything, and `publicly` without a token. */
function operated(publicly: readonly string[]): Authorizer {
  const publicRules = new PublicAuth({ publish: [], subscribe: publicly });
  return {
    grant(request) {
      const token = requestToken(request.query);
      if (token === undefined) return publicRules.grant(request);
      if (token !== "good") {
        return Promise.reject(new MoqError("unauthorized", "Unknown token"));
      }
      return Promise.resolve({ root: "", publish: [], subscribe: ["**"] });
    },
  };
}

const BEARER = { authorization: "Bearer good" };

for (
  const [who, { remote, headers, query, host, open = [], limited = [] }] of [
    ["a program on this machine", { remote: "127.0.0.1:9", open: ["**"] }],
    ["the same over IPv6", { remote: "[::1]:9", host: "[::1]", open: ["**"] }],
    ["the same where little is public", {
      remote: "127.0.0.1:9",
      limited: ["a/**"],
    }],
    ["another machine", { remote: "192.0.2.1:9", limited: ["**"] }],
    ["a client of unknown address", { limited: ["**"] }],
    ["a proxy in front of the relay", {
      remote: "127.0.0.1:9",
      headers: { "x-forwarded-for": "192.0.2.1" },
      limited: ["**"],
    }],
    ["a page in a browser here", {
      remote: "127.0.0.1:9",
      headers: { origin: "http://localhost:8000" },
      limited: ["**"],
    }],
    ["a page of a name that resolves to this machine", {
      remote: "127.0.0.1:9",
      host: "example.com",
      limited: ["**"],
    }],
    ["a token", { remote: "192.0.2.1:9", query: "?jwt=good", open: ["a/**"] }],
    ["a token in a header", {
      remote: "192.0.2.1:9",
      headers: BEARER,
      open: ["a/**"],
    }],
    ["a bad token", {
      remote: "127.0.0.1:9",
      headers: { authorization: "Bearer bad" },
      limited: ["**"],
    }],
  ] as readonly (readonly [string, Asker])[]
) {
  const isOpen = open.length > 0;
  Deno.test(`handle: operators' pages are ${isOpen ? "shown to" : "kept from"} ${who}`, async () => {
    const options: HttpOptions = {
      ...setup(),
      authorizer: operated([...open, ...limited]),
      metrics: METRICS,
      remote,
    };
    for (const path of ["/metrics", "/nodes", "/sessions"]) {
      const url = `http://${host ?? "localhost"}:4443${path}${query ?? ""}`;
      const request = new Request(url, headers && { headers });
      const response = await handle(request, options);
      assert.equal(response.status, isOpen ? 200 : 401, path);
      const body = await response.text();
      assert.equal(/broadcasts|hop|sessions/.test(body), isOpen);
    }
  });
}

Deno.test("handle: only listed origins may read the answers", async () => {
  const options = { ...setup(), origins: ["https://app.example"] };
  for (
    const [origin, allowed] of [
      ["https://app.example", "https://app.example"],
      ["https://evil.example", null],
      ["http://localhost:8000", null],
    ] as const
  ) {
    const { headers } = await get(options, "/health", { headers: { origin } });
    assert.equal(headers.get("access-control-allow-origin"), allowed);
    assert.equal(headers.get("vary"), allowed && "origin");
  }
});
