/** The settings of the cluster, from every source. */
import assert from "node:assert/strict";
import { loadConfig } from "../../relay/config/load.ts";
import { readCommandLine } from "../../relay/config/sources.ts";
import { ConfigError } from "../../relay/config/values.ts";
import { peerName } from "../../relay/cluster/peer.ts";

function load(
  args: readonly string[],
  toml = "",
): ReturnType<typeof loadConfig> {
  return loadConfig({
    commandLine: readCommandLine(args),
    environment: {},
    file: { name: "relay.toml", toml },
  });
}

Deno.test("cluster.connect: URLs and objects, in a file and on the command line", () => {
  const file = load(
    [],
    `[cluster]
     connect = ["https://a.example?cost=3", { url = "moqt://b.example", cost = 9, token = "t" }]`,
  )["cluster.connect"];
  assert.deepEqual(file.map(({ url, cost }) => [url.href, cost]), [
    ["https://a.example/", 3],
    ["moqt://b.example?jwt=t", 9],
  ]);
  const one = load([], '[cluster]\nconnect = { url = "moqt://b.example" }');
  assert.equal(one["cluster.connect"].length, 1);
  const flags = load([
    "--cluster-connect=https://a.example,https://b.example",
    '--cluster-connect={"url": "https://c.example", "cost": 4}',
  ])["cluster.connect"];
  assert.deepEqual(flags.map(peerName), [
    "https://a.example",
    "https://b.example",
    "https://c.example",
  ]);
});

Deno.test("cluster.connect: an error message does not have the token", () => {
  for (
    const text of [
      "ftp://a.example?jwt=secret",
      '{"url": "https://a.example", "token": "secret", "x": 1}',
      '{"token": "secret"',
    ]
  ) {
    assert.throws(
      () => load(["--cluster-connect", text]),
      (error) =>
        error instanceof ConfigError && !error.message.includes("secret"),
    );
  }
});

Deno.test("cluster.keep_alive: must be less than the idle timeout", () => {
  assert.throws(
    () => load(["--cluster-keep-alive", "2s"]),
    /--cluster-keep-alive: expected less than --cluster-idle-timeout/,
  );
});
