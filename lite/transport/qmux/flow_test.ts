/** Credit, windows and stream counts at their edges. @module */
import assert from "node:assert/strict";
import { PeerStreamCredit, ReceiveWindow, SendCredit } from "./flow.ts";
import { IdleState } from "./idle.ts";

Deno.test("SendCredit: a limit that came late lowers nothing, and nothing is spent twice", () => {
  const credit = new SendCredit(10);
  credit.take(8);
  credit.raise(12);
  credit.raise(11);
  assert.equal(credit.available, 4);
  assert.throws(() => credit.take(5), RangeError);
});

Deno.test("ReceiveWindow: grants anew when half is consumed, and refuses one byte too many", () => {
  const window = new ReceiveWindow(10);
  window.receive(10);
  assert.equal(window.consume(4), undefined);
  assert.equal(window.consume(1), 15);
  window.receive(5);
  assert.throws(() => window.receive(1), { code: "protocol" });
});

Deno.test("PeerStreams: each index is new once, lower ones are opened along", () => {
  const streams = new PeerStreamCredit(4);
  assert.equal(streams.open(2), true);
  assert.equal(streams.open(2), false);
  assert.equal(streams.open(0), true);
  assert.equal(streams.open(0), false);
  assert.equal(streams.open(1), true);
  assert.throws(() => streams.open(4), { code: "protocol" });
  assert.equal(streams.release(), 5);
  assert.equal(streams.open(4), true);
});

Deno.test("IdleState: our own sending keeps nothing alive but once", () => {
  const idle = new IdleState(30, 0);
  idle.sent(10);
  idle.sent(20);
  idle.sent(30);
  assert.equal(idle.due(39), undefined);
  assert.equal(idle.due(40), "expire");
  idle.received(39);
  assert.equal(idle.due(40), "ping");
  idle.limit(12);
  assert.equal(idle.due(51), "expire");
  idle.limit(0);
  assert.equal(idle.due(51), "expire");
  assert.equal(new IdleState(0, 0).nextIn(1), undefined);
});
