/** Relays with ports, certificates and tokens that dial each other. */
import assert from "node:assert/strict";
import { BroadcastProducer } from "@moq-deno/lite";
import { formatAddress } from "../../relay/config/rules.ts";
import { generateKey } from "../../relay/token/mod.ts";
import { frameOf } from "../integration/groups.ts";
import { carries } from "./carries.ts";
import { clientOf, startTestRelay, type TestRelay } from "./servers.ts";

async function nodesOf({ relay }: TestRelay, query = ""): Promise<Response> {
  const [http] = relay.httpAddresses;
  return await fetch(`http://${formatAddress(http!)}/nodes${query}`);
}

Deno.test("cluster.connect: one link serves both directions, and /nodes shows it", async () => {
  await using parent = await startTestRelay();
  await using child = await startTestRelay(
    "--cluster-connect",
    `http://${parent.at}?cost=7`,
  );
  await using above = await clientOf(parent);
  await using below = await clientOf(child);
  await carries(above, below, "down");
  await carries(below, above, "up");
  const { links, peers } = await (await nodesOf(child)).json();
  assert.equal(links.length, 1);
  assert.equal(links[0].node, `http://${parent.at}`);
  assert.equal(links[0].state, "connected");
  assert.equal(peers[0].dialled, true);
  const other = await (await nodesOf(parent)).json();
  assert.equal(other.hop, links[0].hop);
});

Deno.test("cluster.connect: a token makes the relay a peer and is not logged", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const key = await generateKey("HS256");
    await Deno.writeTextFile(`${folder}/key.jwk`, JSON.stringify(key.toJson()));
    const token = await key.sign({
      root: "",
      publish: ["**"],
      subscribe: ["**"],
    });
    await Deno.writeTextFile(`${folder}/cluster.jwt`, `${token}\n`);
    const access = ["--auth-key", `${folder}/key.jwk`];
    await using parent = await startTestRelay(...access);
    await using child = await startTestRelay(
      ...access,
      ...["--cluster-connect", `http://${parent.at}`],
      ...["--cluster-token", `${folder}/cluster.jwt`],
    );
    await using above = await clientOf(parent, `?jwt=${token}`);
    await using below = await clientOf(child, `?jwt=${token}`);
    await carries(above, below, "down");
    await carries(below, above, "up");
    const refused = await nodesOf(parent);
    assert.equal(refused.status, 401);
    await refused.body?.cancel();
    const { peers } = await (await nodesOf(parent, `?jwt=${token}`)).json();
    assert.ok(peers.some(({ dialled }: { dialled: boolean }) => !dialled));

    await using stranger = await startTestRelay(
      "--cluster-connect",
      `http://${parent.at}?jwt=${token}x`,
    );
    while (!stranger.lines.some((line) => /reconnecting/.test(line))) {
      await (await nodesOf(stranger)).text();
    }
    for (const { lines } of [parent, child, stranger]) {
      assert.ok(!lines.join("\n").includes(token.slice(-20)));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("cluster.connect: a relay that is not reached is a warning and in /nodes", async () => {
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = closed.addr;
  closed.close();
  const peer = `http://127.0.0.1:${port}`;
  await using child = await startTestRelay("--cluster-connect", peer);
  const failures = () =>
    child.lines.filter((line) => line.includes(" peer not reached "));
  let [link] = (await (await nodesOf(child)).json()).links;
  while (failures().length < 3) {
    [link] = (await (await nodesOf(child)).json()).links;
  }
  // It is dialled again and again. The same reason is a warning only once.
  const levels = failures().map((line) => line.split(" ")[0]);
  assert.deepEqual(levels, ["warn", "debug", "debug"]);
  assert.match(link.error, /127\.0\.0\.1/);
  assert.match(link.since, /^\d{4}-\d\d-\d\dT/);
  assert.equal(link.node, peer);
});

Deno.test("cluster.connect_api: a changed file opens and closes a link", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const list = `${folder}/peers.json`;
    await Deno.writeTextFile(list, "[]");
    await using parent = await startTestRelay();
    await using child = await startTestRelay("--cluster-connect-api", list);
    await using above = await clientOf(parent);
    await using below = await clientOf(child);
    await Deno.writeTextFile(list, `["http://${parent.at}"]`);
    await carries(above, below, "down");

    const broadcast = new BroadcastProducer();
    broadcast.createTrack("text").writeFrame(frameOf("here"));
    above.publish("gone", broadcast);
    for await (const { kind } of below.announced("gone")) {
      if (kind === "start") await Deno.writeTextFile(list, "[]");
      else break; // withdrawn with the link
    }
    assert.deepEqual((await (await nodesOf(child)).json()).links, []);
    broadcast.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("cluster.dns: dials every address, a relay with two only once", async () => {
  await using parent = await startTestRelay();
  const { port } = new URL(`http://${parent.at}`);
  await using child = await startTestRelay(
    "--cluster-dns",
    `http://localhost:${port}`,
  );
  await using above = await clientOf(parent);
  await using below = await clientOf(child);
  await carries(above, below, "down");
  const { links } = await (await nodesOf(child)).json();
  const connected = links.filter(({ state }: { state: string }) =>
    state === "connected"
  );
  assert.deepEqual(connected.map(({ node }: { node: string }) => node), [
    `http://localhost:${port} at 127.0.0.1`,
  ]);
});
