import assert from "node:assert/strict";
import { SendWindow } from "./send_window.ts";

const never = new AbortController().signal;

Deno.test("SendWindow: unconfirmed bytes take room until a barrier is answered", () => {
  const window = new SendWindow(100);
  const flow = window.open(1);
  assert.equal(flow.grant(80), 80);
  window.mark();
  assert.equal(flow.grant(80), 20);
  assert.equal(flow.grant(1), 0);
  window.confirm();
  assert.equal(window.bytes, 20, "written behind the mark");
  assert.equal(flow.grant(200), 80);
  assert.equal(window.written, 180);
});

Deno.test("SendWindow: a full window admits overtaking bytes, within limits", () => {
  const window = new SendWindow(100);
  assert.equal(window.open(10).grant(500), 100);
  const next = window.open(20);
  assert.equal(next.grant(30), 30);
  assert.equal(next.grant(30), 20, "half a window is on its way at its order");
  assert.equal(
    window.open(5).grant(1),
    0,
    "what does not overtake has to wait",
  );
  for (const order of [30, 40, 50]) {
    assert.equal(window.open(order).grant(500), 50);
  }
  assert.equal(window.open(60).grant(1), 0, "three windows is the most");
});

Deno.test("SendWindow: the highest send order that waits goes first", async () => {
  const window = new SendWindow(100);
  window.open(10).grant(150);
  window.mark();
  const order: number[] = [];
  const writers = [2, 9, 5].map(async (sendOrder) => {
    const granted = await window.open(sendOrder).wait(50, never);
    order.push(sendOrder);
    return granted;
  });
  window.confirm();
  await Promise.all(writers.slice(1));
  assert.deepEqual(order, [9, 5]);
  assert.equal(
    window.open(1).grant(1),
    0,
    "writers that wait are not overtaken",
  );
  window.mark();
  window.confirm();
  assert.equal(await writers[0], 50);
});

Deno.test("SendWindow: an abort ends the wait and blocks no other writer", async () => {
  const window = new SendWindow(100);
  window.open(10).grant(150);
  const leaving = new AbortController();
  const first = window.open(9).wait(10, leaving.signal);
  const second = window.open(2).wait(10, never);
  leaving.abort();
  assert.equal(await first, 0);
  window.mark();
  window.confirm();
  assert.equal(await second, 10);
});

Deno.test("SendWindow: bytes of a closed flow count until they arrive", () => {
  const window = new SendWindow(100);
  const gone = window.open(5);
  gone.grant(100);
  gone.close();
  const flow = window.open(2);
  assert.equal(flow.grant(10), 0);
  window.mark();
  window.confirm();
  assert.equal(flow.grant(10), 10);
  assert.equal(window.bytes, 10);
});

Deno.test("SendWindow: datagrams never wait and fill a quarter at most", async () => {
  const window = new SendWindow(1000);
  const [video, datagrams, urgent] = [1, 2, 3].map((order) =>
    window.open(order, order === 2)
  );
  assert.equal(video!.grant(900), 900);
  assert.equal(datagrams!.grantWhole(200), true);
  assert.equal(window.isFull, false);
  assert.equal(datagrams!.grantWhole(100), false);
  assert.deepEqual([window.isFull, window.bytes], [true, 1100]);
  window.mark();
  window.confirm();
  assert.deepEqual([window.isFull, window.bytes], [false, 0]);
  assert.equal(urgent!.grant(900), 900);
  assert.equal(datagrams!.grantWhole(200), false, "behind what is urgent");
  assert.equal(datagrams!.grantWhole(100), true);
  video!.grant(900);
  const waiting = urgent!.wait(1000, never);
  assert.equal(datagrams!.grantWhole(1), false, "something urgent waits");
  window.mark();
  window.confirm();
  assert.ok(await waiting > 0);
});
