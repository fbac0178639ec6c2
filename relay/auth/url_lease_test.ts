import assert from "node:assert/strict";
import { MoqError } from "@moq-deno/lite";
import { SILENT } from "@moq-deno/lite/internal";
import { VirtualClock } from "@moq-deno/lite/testing";
import type { JsonObject } from "../token/mod.ts";
import { InvalidGrant, type RemoteGrant } from "./contract.ts";
import { type AuthServer, UrlLease } from "./url_lease.ts";

const GRANT: RemoteGrant = {
  publish: ["a/**"],
  subscribe: ["**"],
  root: undefined,
  expires: Math.floor(Date.now() / 1000) + 3600,
  revalidate: 60,
  mounts: [{ at: "svc", target: "fleet/y" }],
  peer: false,
  tier: undefined,
};

const FACTS = { node: "", transport: "quic", path: "/x" };

/** Gives the answer that was set last, and counts the questions. */
class FakeServer implements AuthServer {
  readonly asked: JsonObject[] = [];
  readonly reported: JsonObject[] = [];
  answer: RemoteGrant | Error = GRANT;

  ask(facts: JsonObject): Promise<RemoteGrant> {
    this.asked.push(facts);
    return this.answer instanceof Error
      ? Promise.reject(this.answer)
      : Promise.resolve(this.answer);
  }

  report(facts: JsonObject): void {
    this.reported.push(facts);
  }
}

interface Setup {
  readonly clock: VirtualClock;
  readonly server: FakeServer;
  readonly lease: UrlLease;
  /** Why the grant was revoked, if it was. */
  readonly revoked: () => string | undefined;
}

function setup(grant = GRANT): Setup {
  const clock = new VirtualClock();
  const server = new FakeServer();
  const lease = new UrlLease(grant, {
    server,
    clock,
    id: "00ff",
    facts: FACTS,
    log: SILENT,
  });
  let message: string | undefined;
  lease.revoked.then((error) => message = error.message);
  return { clock, server, lease, revoked: () => message };
}

const END = {
  reason: "closed",
  durationMs: 1500,
  bytes: { sent: 10, received: 3 },
};

Deno.test("UrlLease: asks at the interval until released, reports the end once", async () => {
  const { clock, server, lease, revoked } = setup();
  await clock.advance(59_999);
  assert.equal(server.asked.length, 0);
  await clock.advance(1);
  assert.deepEqual(server.asked, [
    { id: "00ff", event: "revalidate", ...FACTS },
  ]);
  server.answer = {
    ...GRANT,
    publish: ["**"],
    revalidate: 10,
    tier: "silver",
  };
  await clock.advance(60_000);
  await clock.advance(30_000);
  assert.equal(server.asked.length, 5);
  lease.release(END);
  lease.release(END);
  await clock.advance(600_000);
  assert.equal(server.asked.length, 5);
  assert.equal(revoked(), undefined);
  assert.equal(
    JSON.stringify(server.reported),
    '[{"id":"00ff","event":"end","reason":"closed","duration":1.5,"bytes":{"sent":10,"received":3},"node":"","transport":"quic","path":"/x"}]',
  );
});

for (
  const [what, answer, reason] of [
    ["a refusal", new MoqError("unauthorized", "no"), "refused"],
    ["a narrower grant", { ...GRANT, publish: ["a/b/**"] }, "refused"],
    ["a grant at another root", { ...GRANT, root: "y" }, "refused"],
    ["a grant without its mounts", { ...GRANT, mounts: [] }, "refused"],
    ["a grant with another mount", {
      ...GRANT,
      mounts: [{ at: "svc", target: "fleet/z" }],
    }, "refused"],
    ["a grant for a peer", { ...GRANT, peer: true }, "refused"],
    ["times that contradict each other", new InvalidGrant("x"), "invalid"],
  ] as const
) {
  Deno.test(`UrlLease: ${what} revokes it`, async () => {
    const { clock, server, lease, revoked } = setup();
    server.answer = answer;
    await clock.advance(60_000);
    assert.notEqual(revoked(), undefined);
    lease.release(END);
    assert.equal(server.reported[0]?.["reason"], reason);
    await clock.advance(600_000);
    assert.equal(server.asked.length, 1);
  });
}

Deno.test("UrlLease: retries a failing server after 1, 2, 4 seconds", async () => {
  const { clock, server, lease, revoked } = setup({ ...GRANT, revalidate: 6 });
  server.answer = new TypeError("status 500");
  const times: number[] = [];
  while (times.length < 6) {
    await clock.advance(1);
    if (server.asked.length > times.length) times.push(clock.now());
  }
  const gaps = times.map((time, at) => time - (times[at - 1] ?? 0));
  for (const [at, expected] of [6000, 1000, 2000, 4000, 6000, 6000].entries()) {
    const jitter = at === 0 ? 0 : 0.25;
    const isNear = Math.abs((gaps[at] ?? 0) - expected) <=
      expected * jitter + 1;
    assert.ok(isNear, `Expected about ${expected} ms, got ${gaps[at]}`);
  }
  server.answer = GRANT;
  await clock.advance(8_000);
  const asked = server.asked.length;
  await clock.advance(50_000);
  assert.equal(server.asked.length, asked, "the interval is a minute again");
  assert.equal(revoked(), undefined);
  lease.release(END);
});

Deno.test("UrlLease: ends when the grant expires, even if the server fails", async () => {
  const expires = Math.floor(Date.now() / 1000) + 100;
  const { clock, server, lease, revoked } = setup({ ...GRANT, expires });
  server.answer = new TypeError("down");
  await clock.advance(98_000);
  assert.equal(revoked(), undefined);
  await clock.advance(2_000);
  assert.match(revoked() ?? "", /expired/);
  lease.release(END);
  assert.equal(server.reported[0]?.["reason"], "expired");
});

Deno.test("UrlLease: a new grant moves the expiry", async () => {
  const expires = Math.floor(Date.now() / 1000) + 70;
  const { clock, lease, revoked } = setup({ ...GRANT, expires });
  await clock.advance(100_000);
  assert.equal(revoked(), undefined);
  lease.release(END);
});
