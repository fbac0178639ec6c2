import assert from "node:assert/strict";
import type { Latency } from "../../watch/clock/latency.ts";
import { readLatency, writeLatency } from "./latency_attributes.ts";

function read(attributes: Record<string, string>): Latency {
  return readLatency({ getAttribute: (name) => attributes[name] ?? null });
}

Deno.test("readLatency: a number, a range or an old name, else real-time", () => {
  assert.equal(read({}), "real-time");
  assert.equal(read({ latency: "250ms", jitter: "1" }), 250);
  assert.equal(read({ latency: "-7" }), 0);
  assert.equal(read({ latency: "soon", jitter: "100" }), "real-time");
  assert.equal(read({ jitter: "100" }), 100);
  assert.deepEqual(read({ "latency-min": "50" }), {
    minMs: 50,
    maxMs: 30_000,
  });
  assert.deepEqual(
    read({ latency: "real-time", "latency-min": "50", "latency-max": "800" }),
    { minMs: 50, maxMs: 800 },
  );
});

Deno.test("writeLatency: reads back as written", () => {
  const texts = new Map([["jitter", "300"]]);
  const element = {
    getAttribute: (name: string) => texts.get(name) ?? null,
    setAttribute: (name: string, text: string) => void texts.set(name, text),
    removeAttribute: (name: string) => void texts.delete(name),
  };
  const range = { minMs: 50, maxMs: 900 };
  for (const latency of [range, 120, range, "real-time", 0] as const) {
    writeLatency(element, latency);
    assert.deepEqual(readLatency(element), latency);
  }
});
