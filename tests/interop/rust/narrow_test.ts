/**
 * A link that cannot carry the video, between our relay and the Rust relay, or between
 * the Rust relay and our viewer.
 *
 * @module
 */
import { BroadcastProducer } from "@moq-deno/lite";
import {
  assertNewestCame,
  NARROW_BPS,
  OVER_QUIC,
  publishBoth,
  subscribeOurs,
  watchBoth,
} from "../narrow.ts";
import { UdpLink } from "../udp_link.ts";
import { connectOurs, relayOf } from "./peers.ts";

// Starts and ends another program.
const UNSANITIZED = { sanitizeOps: false, sanitizeResources: false };
const WAY = { scheme: "moqt", version: "06" } as const;

function linkTo(host: string): UdpLink {
  return new UdpLink({
    target: Number(host.split(":")[1]),
    bitsPerSecond: NARROW_BPS,
    oneWayMs: 20,
    queueBytes: 20_000,
  });
}

Deno.test(
  "interop: our viewer on a narrow link to the Rust relay",
  UNSANITIZED,
  async () => {
    await using relay = await relayOf("rust");
    using link = linkTo(relay.host);
    const narrow = { ...relay, host: `localhost:${link.port}` };
    await using publisher = await connectOurs({ ...WAY, relay }, "publisher");
    await using viewer = await connectOurs(
      { ...WAY, relay: narrow },
      "subscriber",
    );
    await using other = await connectOurs({ ...WAY, relay }, "subscriber");
    const broadcast = new BroadcastProducer();
    publisher.publish("live", broadcast);
    for await (const { path } of viewer.announced()) if (path === "live") break;
    const over = new AbortController();
    const watching = [viewer, other].map((session) =>
      watchBoth(subscribeOurs(session, "live"), over.signal)
    );
    await publishBoth(broadcast);
    over.abort();
    const [behind, beside] = await Promise.all(watching);
    assertNewestCame(behind!, { ...OVER_QUIC, beside: beside! });
  },
);

Deno.test(
  "interop: the Rust relay on a narrow link to ours",
  UNSANITIZED,
  async () => {
    await using ours = await relayOf("deno");
    using link = linkTo(ours.host);
    await using theirs = await relayOf(
      "rust",
      ...["--cluster-connect", `moqt://localhost:${link.port}`],
      "--connect-tls-insecure",
    );
    await using publisher = await connectOurs(
      { ...WAY, relay: ours },
      "publisher",
    );
    await using viewer = await connectOurs(
      { ...WAY, relay: theirs },
      "subscriber",
    );
    await using other = await connectOurs(
      { ...WAY, relay: ours },
      "subscriber",
    );
    const broadcast = new BroadcastProducer();
    publisher.publish("live", broadcast);
    for await (const { path } of viewer.announced()) if (path === "live") break;
    const over = new AbortController();
    const watching = [viewer, other].map((session) =>
      watchBoth(subscribeOurs(session, "live"), over.signal)
    );
    await publishBoth(broadcast);
    over.abort();
    const [behind, beside] = await Promise.all(watching);
    assertNewestCame(behind!, { ...OVER_QUIC, beside: beside! });
  },
);
