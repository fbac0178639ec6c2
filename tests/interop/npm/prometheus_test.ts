/** A relay's metrics, read by a parser from npm. */
import assert from "node:assert/strict";
import { startTestRelay } from "../../cluster/servers.ts";
import { loadPrometheus } from "./bundle.ts";

const { parse } = await loadPrometheus();

Deno.test("parse-prometheus-text-format: reads every family of /metrics", async () => {
  await using server = await startTestRelay();
  const text = await (await fetch(`http://${server.at}/metrics`)).text();
  const families = parse(text);
  assert.equal(families.length, text.match(/^# TYPE /gm)?.length);
  for (const { name, help, type, metrics } of families) {
    assert.ok(help.length > 0, name);
    assert.equal(type, name.endsWith("_total") ? "COUNTER" : "GAUGE");
    for (const { value } of metrics) assert.ok(Number(value) >= 0, name);
  }
  const sessions = families.find(({ name }) => name === "moq_relay_sessions");
  assert.deepEqual(sessions?.metrics[0]?.labels, {
    transport: "quic",
    peer: "client",
  });
});
