import assert from "node:assert/strict";
import { LAST_ORDER, SendOrders } from "./priority.ts";

Deno.test("SendOrders: priority beats the older subscription, which beats the newer group", () => {
  const orders = new SendOrders();
  const [old, young] = [orders.open(), orders.open()];
  const oldFirst = old.next(10);
  const youngFirst = young.next(10);
  const oldSecond = old.next(10);
  const urgent = young.next(11);
  const sorted = [oldFirst, youngFirst, oldSecond, urgent]
    .toSorted((a, b) => b - a);
  assert.deepEqual(sorted, [urgent, oldSecond, oldFirst, youngFirst]);
});

Deno.test("SendOrders: every group is behind answers and before the last order, whatever the count", () => {
  const orders = new SendOrders();
  const all = Array.from({ length: 200 }, () => orders.open());
  for (const order of [all[0]!, all[127]!, all[199]!]) {
    for (const priority of [0, 255]) {
      for (let i = 0; i < 70_000; i++) {
        const value = order.next(priority);
        assert.ok(value > LAST_ORDER && value < 0 && (value | 0) === value);
      }
    }
  }
});

Deno.test("SendOrders: a place that was given back goes to the next subscription", () => {
  const orders = new SendOrders();
  const first = orders.open();
  const second = orders.open();
  first.close();
  assert.ok(orders.open().next(0) > second.next(0));
});
