/** What a relay counts, over transports in memory. */
import assert from "node:assert/strict";
import {
  BroadcastProducer,
  MoqError,
  openSession,
  type Session,
} from "@moq-deno/lite";
import { memoryPair } from "@moq-deno/lite/testing";
import { PublicAuth } from "../auth/auth.ts";
import { Metrics } from "./metrics.ts";
import { Relay } from "../relay.ts";

const ALL = { publish: ["**"], subscribe: ["**"] };
const FRAME = { timestamp: 0, payload: new Uint8Array(100) };

/** A relay, its metrics, and its clients' sessions. */
class Setting {
  readonly relay = new Relay({
    authorizer: {
      grant: async (request) => ({
        ...await new PublicAuth(ALL).grant(request),
        isRelay: request.path === "/peer",
      }),
    },
  });
  readonly metrics = new Metrics({
    relay: this.relay,
    surroundings: {
      handshakes: () => ({ underway: 1, complete: 2, failed: 3, ignored: 4 }),
      usage: () => ({ residentBytes: 4, heapBytes: 5, cpuSeconds: 6.5 }),
    },
    version: "1.2.3",
    startSeconds: 7,
  });

  /** Connects a client; `left` resolves when the relay has ended its session. */
  enter(
    path: string,
    { isGone = false } = {},
  ): { readonly session: Session; readonly left: Promise<void> } {
    const [client, server] = memoryPair({ protocol: "moq-lite-06" });
    const left = this.relay.accept({
      transport: "webtransport",
      target: path,
      protocol: "moq-lite-06",
      accept: () =>
        isGone
          ? Promise.reject(new MoqError("transport", "Peer is gone"))
          : Promise.resolve(server),
      refuse: (error) => server.close(2, error.message),
    });
    return { session: openSession(client), left };
  }

  /** Every series with its value. */
  series(): Map<string, number> {
    const lines = this.metrics.text().split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    return new Map(lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }));
  }
}

/** Publishes two groups of three frames to a viewer that reads all. */
async function watch(
  { publisher, viewer }: {
    readonly publisher: Session;
    readonly viewer: Session;
  },
): Promise<BroadcastProducer> {
  const broadcast = new BroadcastProducer();
  const track = broadcast.createTrack("secret-track");
  publisher.publish("secret-name", broadcast);
  for await (const { kind } of viewer.announced("secret-name")) {
    if (kind === "start") break;
  }
  const groups = viewer.consume("secret-name").track("secret-track")
    .subscribe();
  for (let sequence = 0; sequence < 2; sequence++) {
    while (track.demand.subscribers === 0) await track.demand.changed();
    const group = track.group();
    for (let i = 0; i < 3; i++) group.writeFrame(FRAME);
    group.close();
    const got = await groups.next();
    assert.equal((await Array.fromAsync(got!.frames())).length, 3);
  }
  return broadcast;
}

const CLIENT = `transport="webtransport",peer="client"`;

Deno.test("Metrics: counts by direction, also for sessions that ended", async () => {
  const setting = new Setting();
  const [one, other] = [setting.enter("/"), setting.enter("/")];
  const [publisher, viewer] = [one.session, other.session];
  const broadcast = await watch({ publisher, viewer });
  const during = setting.series();
  assert.equal(during.get(`moq_relay_sessions{${CLIENT}}`), 2);
  assert.equal(during.get(`moq_relay_subscriptions{${CLIENT}}`), 1);
  assert.equal(during.get("moq_relay_broadcasts"), 1);
  assert.equal(during.get("moq_relay_cache_groups"), 2);
  viewer.close();
  broadcast.close();
  publisher.close();
  await Promise.all([one.left, other.left]);

  const after = setting.series();
  for (const direction of ["sent", "received"]) {
    const labels = `{direction="${direction}",${CLIENT}}`;
    const value = (name: string): number | undefined =>
      after.get(`moq_relay_${name}_total${labels}`);
    assert.equal(value("groups"), 2);
    assert.equal(value("frames"), 6);
    // A frame and its header.
    assert.equal(value("bytes"), 6 * (100 + 3));
  }
  assert.equal(after.get(`moq_relay_sessions_total{${CLIENT}}`), 2);
  assert.equal(after.get(`moq_relay_sessions{${CLIENT}}`), 0);
  assert.equal(after.get(`moq_relay_sessions_ended_total{reason="closed"}`), 2);
  assert.equal(after.get("moq_relay_broadcasts"), 0);
  for (const [series, value] of during) {
    const isCounter = /_total\b/.test(series);
    if (isCounter) assert.ok(after.get(series)! >= value, series);
  }
});

Deno.test("Metrics: separates cluster relays, refusals and reasons", async () => {
  const setting = new Setting();
  const peer = setting.enter("/peer");
  await peer.session.peer;
  const refusals = [
    setting.enter("/*"),
    setting.enter("/", { isGone: true }),
  ];
  for (const { session, left } of refusals) {
    await left;
    session.close();
    await session.closed;
  }
  const series = setting.series();
  assert.equal(
    series.get(`moq_relay_sessions{transport="webtransport",peer="relay"}`),
    1,
  );
  assert.equal(series.get("moq_relay_cluster_peers"), 1);
  const refused = "moq_relay_sessions_refused_total";
  assert.equal(series.get(`${refused}{reason="unauthorized"}`), 1);
  assert.equal(series.get(`${refused}{reason="transport"}`), 1);
  peer.session.close(new MoqError("protocol", "Enough"));
  await peer.left;
  const ended = `moq_relay_sessions_ended_total{reason="protocol"}`;
  assert.equal(setting.series().get(ended), 1);
});

Deno.test("Metrics: no series has peers' values, each has a help text", async () => {
  const setting = new Setting();
  const [one, other] = [setting.enter("/"), setting.enter("/")];
  await watch({ publisher: one.session, viewer: other.session });
  setting.metrics.countRequest("/announced", 200);
  setting.metrics.countRequest("/announced", 200);
  const text = setting.metrics.text();
  assert.doesNotMatch(text, /secret/);
  const names = new Set(
    [...setting.series().keys()].map((series) => series.split("{")[0]!),
  );
  for (const name of names) {
    assert.match(
      text,
      new RegExp(`^# HELP ${name} \\S.*\\n# TYPE ${name} `, "m"),
    );
    const isCounter = name.endsWith("_total");
    assert.equal(text.includes(`# TYPE ${name} counter`), isCounter, name);
  }
  const series = setting.series();
  assert.equal(
    series.get(
      `moq_relay_http_requests_total{route="/announced",status="200"}`,
    ),
    2,
  );
  assert.equal(series.get(`moq_relay_build_info{version="1.2.3"}`), 1);
  assert.equal(series.get(`moq_relay_handshakes_total{outcome="failed"}`), 3);
  assert.equal(series.get(`moq_relay_handshakes_total{outcome="ignored"}`), 4);
  assert.equal(series.get("process_cpu_seconds_total"), 6.5);
  for (const { session, left } of [one, other]) {
    session.close();
    await left;
  }
});
