import assert from "node:assert/strict";
import { DeliveryRate } from "./delivery_rate.ts";

/** Answers every 100 ms, each for 12,500 bytes: one megabit per second. */
function saturated(count: number): DeliveryRate {
  const rate = new DeliveryRate();
  for (let i = 0; i < count; i++) {
    const confirmedBytes = i * 12_500;
    rate.answered({ at: i * 100, confirmedBytes, isSaturated: true });
  }
  return rate;
}

Deno.test("DeliveryRate: saturated answers give a rate, which expires", () => {
  assert.equal(saturated(3).at(300), 0);
  const rate = saturated(4);
  assert.equal(rate.at(300), 1_000_000);
  assert.equal(rate.at(5300), 1_000_000);
  assert.equal(rate.at(5301), 0);
});

Deno.test("DeliveryRate: an unsaturated answer restarts the measurement", () => {
  const rate = saturated(3);
  rate.answered({ at: 300, confirmedBytes: 40_000, isSaturated: false });
  rate.answered({ at: 400, confirmedBytes: 90_000, isSaturated: true });
  assert.equal(rate.at(400), 0);
});

Deno.test("DeliveryRate: one early answer changes it little", () => {
  const rate = saturated(5);
  rate.withdraw(12_500);
  rate.answered({ at: 410, confirmedBytes: 75_000, isSaturated: true });
  const bitrateBps = rate.at(410);
  assert.equal(bitrateBps, Math.round(62_500 * 8000 / 410));
});
