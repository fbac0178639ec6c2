import assert from "node:assert/strict";
import { openSession, type Session, systemClock } from "@moq-deno/lite";
import { memoryPair } from "@moq-deno/lite/testing";
import { PublicAuth } from "./auth/auth.ts";
import { handle } from "./http.ts";
import { Relay } from "./relay.ts";

const SESSIONS = 10_000;

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

Deno.test("SessionList: 10,000 sessions are listed in slices", async () => {
  const authorizer = new PublicAuth({ publish: ["**"], subscribe: ["**"] });
  const relay = new Relay({ authorizer });
  const clients: Session[] = [];
  const left: Promise<void>[] = [];
  for (let at = 0; at < SESSIONS; at++) {
    const [client, server] = memoryPair({ protocol: "moq-lite-04" });
    clients.push(openSession(client));
    left.push(relay.accept({
      transport: "websocket",
      target: `/room/${at}`,
      remote: "192.0.2.1:9",
      protocol: "moq-lite-04",
      accept: () => Promise.resolve(server),
      refuse: (error) => server.close(0, error.message),
    }));
  }
  while (relay.list.size < SESSIONS) await turn();
  // The sessions still answer each other for a while.
  for (let quietMs = Infinity; quietMs > 20;) {
    const start = performance.now();
    await turn();
    quietMs = performance.now() - start;
  }
  let longestMs = 0;
  let before = performance.now();
  const timer = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - before);
    before = performance.now();
  }, 1);
  const response = await handle(new Request("http://localhost/sessions"), {
    origin: relay.origin,
    sessions: relay.list,
    authorizer,
    fingerprint: "",
    localPagesOnly: false,
    remote: "127.0.0.1:9",
    clock: systemClock,
  });
  clearInterval(timer);
  const { sessions } = await response.json();
  assert.equal(sessions.length, SESSIONS);
  assert.equal(sessions[7].path, "room/7");
  assert.ok(longestMs < 200, `Expected no pause of 200 ms, got ${longestMs}`);
  for (const client of clients) client.close();
  await Promise.all(left);
  assert.equal(relay.list.size, 0);
});
