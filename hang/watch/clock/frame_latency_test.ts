import assert from "node:assert/strict";
import { BroadcastProducer } from "@moq-deno/lite";
import {
  consumeFrameMarks,
  FrameMarksProducer,
} from "../../catalog/frame_marks.ts";
import { clockAt } from "../../catalog/timing.ts";
import { joinMarks, latencyCsv } from "./frame_latency.ts";

Deno.test("joinMarks: joins both sides by timestamp and clock", async () => {
  const zeroMs = Math.round(performance.timeOrigin);
  const clock = clockAt(zeroMs);
  const broadcast = new BroadcastProducer();
  const marks = new FrameMarksProducer(broadcast, { clock });
  marks.rttMs = 8;
  const stop = new AbortController();
  const told = consumeFrameMarks(broadcast.consume(), {
    track: "marks.json",
    signal: stop.signal,
  });
  const next = told.next();
  await Promise.resolve();
  for (const timestampUs of [0, 500_000]) {
    const atMs = timestampUs / 1000;
    const mark = { track: 'a,"b"', timestampUs };
    marks.mark("captured", { ...mark, atMs });
    marks.mark("encoded", { ...mark, atMs: atMs + 5 });
    marks.mark("sent", { ...mark, atMs: atMs + 6 });
  }
  const { value } = await next;
  const rows = joinMarks([
    { timestampUs: 0, receivedMs: zeroMs + 20 },
    { timestampUs: 500, receivedMs: zeroMs + 30, shownMs: zeroMs + 50 },
  ], { told: value!, clock, rttMs: 10 });
  const [first, second] = rows;
  const offMs = performance.timeOrigin - zeroMs;
  assert.ok(Math.abs(first!.capturedMs! - zeroMs - offMs) < 0.11);
  assert.ok(Math.abs(first!.relayInMs! - zeroMs - offMs - 10) < 0.11);
  assert.equal(first!.relayOutMs, zeroMs + 15);
  assert.equal(second!.capturedMs, undefined);
  const [head, line, other] = latencyCsv(rows).split("\r\n");
  assert.equal(head!.split(",").length, 10);
  assert.match(line!, /^0,"a,""b""",\d+/);
  assert.match(other!, /^500,,,,,,\d+,\d+,,\d+$/);
  stop.abort();
  await told.next().catch(() => {
    // Aborted, just now.
  });
  marks.close();
});
