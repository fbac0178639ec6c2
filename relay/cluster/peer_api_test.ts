/** A list of peers on a real web server, fetched without waiting. */
import assert from "node:assert/strict";
import type { Clock, LogFields } from "@moq-deno/lite";
import { REMOTE_TIMEOUT_MS } from "../auth/remote.ts";
import { type ClusterPeer, peerName } from "./peer.ts";
import { peersAtUrl } from "./peer_api.ts";

/** Sleeps end at once; timeouts never fire. */
class HastyClock implements Clock {
  #now = 0;

  now(): number {
    return this.#now;
  }

  after(ms: number, then: () => void): () => void {
    if (ms === REMOTE_TIMEOUT_MS) return () => {};
    this.#now += ms;
    const timer = setTimeout(then, 0);
    return () => clearTimeout(timer);
  }
}

Deno.test("peersAtUrl: fetches a stale list with its ETag", async () => {
  const clock = new HastyClock();
  const asked: string[] = [];
  const tags: (string | null)[] = [];
  const answers: readonly (() => Response)[] = [
    () =>
      new Response('["https://a.example"]', {
        headers: { etag: '"1"', "cache-control": "public, max-age=60" },
      }),
    () =>
      new Response(null, {
        status: 304,
        headers: { "cache-control": "max-age=5" },
      }),
    () => new Response("[17]"),
    () => new Response("down", { status: 503 }),
    () => new Response('["https://b.example"]'),
    () => new Response('["https://b.example"]'),
  ];
  const times: number[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      asked.push(new URL(request.url).search);
      tags.push(request.headers.get("if-none-match"));
      times.push(clock.now());
      return answers[asked.length - 1]?.() ?? new Response("[]");
    },
  );
  const failures: LogFields[] = [];
  const stop = new AbortController();
  const lists: (readonly ClusterPeer[])[] = [];
  const url = new URL(`http://127.0.0.1:${server.addr.port}/peers`);
  const all = peersAtUrl(url, {
    node: "https://me.example",
    clock,
    log: { error: (_, fields) => void failures.push(fields ?? {}) },
    signal: stop.signal,
  });
  for await (const peers of all) {
    lists.push(peers);
    if (peers.length === 0) stop.abort();
  }
  assert.deepEqual(lists.map((peers) => peers.map(peerName)), [
    ["https://a.example"],
    ["https://b.example"],
    [],
  ]);
  assert.equal(asked[0], "?node=https%3A%2F%2Fme.example");
  assert.deepEqual(tags.slice(0, 3), [null, '"1"', '"1"']);
  assert.deepEqual(times, [
    0,
    60_000,
    65_000,
    70_000,
    75_000,
    105_000,
    135_000,
  ]);
  assert.equal(failures.length, 2);
});
