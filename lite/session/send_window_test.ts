import assert from "node:assert/strict";
import { SendWindow } from "./send_window.ts";

const never = new AbortController().signal;

Deno.test("SendWindow: what is not confirmed takes room until a barrier behind it is answered", () => {
  const window = new SendWindow(100);
  const flow = window.open(1);
  assert.equal(flow.grant(80, 1), 80);
  window.mark();
  assert.equal(flow.grant(80, 1), 20);
  assert.equal(flow.grant(1, 1), 0);
  window.confirm();
  assert.equal(window.bytes, 20, "written behind the mark");
  assert.equal(flow.grant(200, 1), 80);
  assert.equal(window.written, 180);
});

Deno.test("SendWindow: a full window of less important bytes does not hold up the more important, within a bound", () => {
  const window = new SendWindow(100);
  const video = window.open(10);
  const audio = window.open(20);
  assert.equal(video.grant(500, 1), 100);
  assert.equal(audio.grant(60, 2), 60);
  assert.equal(audio.grant(60, 2), 40, "its own window is full now");
  assert.equal(video.grant(1, 1), 0);
  const speech = window.open(30);
  assert.equal(speech.grant(500, 3), 100);
  assert.equal(window.open(40).grant(1, 4), 0, "three windows is the most");
});

Deno.test("SendWindow: of those who wait the highest send order goes first, whoever came first", async () => {
  const window = new SendWindow(100);
  const flow = window.open(1);
  flow.grant(100, 1);
  window.mark();
  const order: number[] = [];
  const writers = [2, 9, 5].map(async (sendOrder) => {
    const granted = await flow.wait({ wanted: 50, sendOrder }, never);
    order.push(sendOrder);
    return granted;
  });
  window.confirm();
  await Promise.all(writers.slice(1));
  assert.deepEqual(order, [9, 5]);
  assert.equal(flow.grant(1, 1), 0, "nobody overtakes the one who waits");
  window.mark();
  window.confirm();
  assert.equal(await writers[0], 50);
});

Deno.test("SendWindow: an abort ends the wait, and nobody waits for the one who left", async () => {
  const window = new SendWindow(100);
  const flow = window.open(1);
  flow.grant(100, 1);
  const leaving = new AbortController();
  const first = flow.wait({ wanted: 10, sendOrder: 9 }, leaving.signal);
  const second = flow.wait({ wanted: 10, sendOrder: 2 }, never);
  leaving.abort();
  assert.equal(await first, 0);
  window.mark();
  window.confirm();
  assert.equal(await second, 10);
});

Deno.test("SendWindow: bytes of a flow that was closed count until they have arrived", () => {
  const window = new SendWindow(100);
  const gone = window.open(5);
  gone.grant(100, 1);
  gone.close();
  const flow = window.open(5);
  assert.equal(flow.grant(10, 2), 0);
  window.mark();
  window.confirm();
  assert.equal(flow.grant(10, 2), 10);
  assert.equal(window.bytes, 10);
});
