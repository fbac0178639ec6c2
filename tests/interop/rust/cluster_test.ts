/** Clusters of both implementations: a Rust relay as parent, as child, and in a ring. */
import assert from "node:assert/strict";
import { type AnnounceEvent, BroadcastProducer } from "@moq-deno/lite";
import { connect } from "@moq-deno/lite/deno";
import { carries } from "../../cluster/carries.ts";
import { type Make, type RelayAddress, relayOf } from "./peers.ts";

type Client = Awaited<ReturnType<typeof connect>>;

function clientOf({ host, fingerprint }: RelayAddress): Promise<Client> {
  return connect(`moqt://${host}`, {
    serverCertificateHashes: [Uint8Array.fromHex(fingerprint)],
  });
}

function interop(name: string, fn: () => Promise<void>): void {
  // Starts and ends other programs.
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn });
}

const PAIRS: readonly (readonly [Make, Make])[] = [
  ["rust", "deno"],
  ["deno", "rust"],
];

for (const [parentMake, childMake] of PAIRS) {
  interop(
    `cluster: ${parentMake} parent, ${childMake} child, viewers on either side`,
    async () => {
      await using parent = await relayOf(parentMake);
      await using child = await relayOf(
        childMake,
        ...["--cluster-connect", `http://${parent.host}`],
      );
      await using above = await clientOf(parent);
      await using below = await clientOf(child);
      await carries(above, below, "down");
      await carries(below, above, "up");
      // Once more: ended broadcasts have left nothing behind.
      await carries(above, below, "down");
    },
  );

  interop(
    `cluster: ${parentMake} parent, ${childMake} child: withdrawals`,
    async () => {
      await using parent = await relayOf(parentMake);
      await using child = await relayOf(
        childMake,
        ...["--cluster-connect", `http://${parent.host}`],
      );
      await using above = await clientOf(parent);
      await using below = await clientOf(child);
      for (const [from, to] of [[above, below], [below, above]] as const) {
        const broadcast = new BroadcastProducer();
        from.publish("show", broadcast);
        const events: AnnounceEvent["kind"][] = [];
        for await (const { kind } of to.announced("show")) {
          if (kind === "update") continue;
          events.push(kind);
          if (kind === "end") break;
          broadcast.close();
        }
        assert.deepEqual(events, ["start", "end"]);
      }
    },
  );
}

interop(
  "cluster: a ring of deno, rust and deno carries each path once",
  async () => {
    await using first = await relayOf("deno");
    await using second = await relayOf(
      "rust",
      ...["--cluster-connect", `http://${first.host}`],
    );
    await using third = await relayOf(
      "deno",
      ...["--cluster-connect", `http://${first.host}`],
      ...["--cluster-connect", `http://${second.host}`],
    );
    const relays = [first, second, third];
    const clients = await Promise.all(relays.map(clientOf));
    try {
      for (const from of clients) {
        for (const to of clients) {
          if (from !== to) await carries(from, to, "ring");
        }
      }
    } finally {
      for (const client of clients) client.close();
      await Promise.all(clients.map(({ closed }) => closed));
    }
  },
);
