import assert from "node:assert/strict";
import { CONTROL_ORDER, SendOrders } from "./priority.ts";

Deno.test("SubscriptionOrder.next: priority, older subscription, newer group", () => {
  const orders = new SendOrders();
  const [older, newer] = [orders.open(), orders.open()];
  const low = older.next(0);
  const ranks = [
    low,
    newer.next(1),
    older.next(1),
    older.next(1),
    newer.next(255),
    older.next(255),
  ];
  assert.deepEqual(ranks, ranks.toSorted((a, b) => a - b));
  assert.equal(new Set(ranks).size, ranks.length);
  assert.ok(ranks.every((rank) => rank === (rank | 0)));
  assert.ok(ranks.at(-1)! <= CONTROL_ORDER);
});

Deno.test("SubscriptionOrder.next: stays in its priority for 70,000 groups", () => {
  const orders = new SendOrders();
  const all = Array.from({ length: 300 }, () => orders.open());
  const ceiling = orders.open().next(8);
  for (const order of [all[0]!, all[299]!]) {
    for (let i = 0; i < 70_000; i++) {
      const rank = order.next(7);
      if (rank >= ceiling || rank !== (rank | 0)) assert.fail(`got ${rank}`);
    }
  }
  all[0]!.close();
  const reused = orders.open();
  assert.ok(reused.next(7) > all[1]!.next(7));
});
