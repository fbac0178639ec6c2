import assert from "node:assert/strict";
import { BitrateBudget } from "./bitrate_budget.ts";

const WANTED = 2_000_000;
const FREE = { bitrateBps: 0, isCongested: false };

Deno.test("BitrateBudget: no limit on a free path, whatever rate is unknown", () => {
  const budget = new BitrateBudget();
  for (let ms = 0; ms < 60_000; ms += 500) budget.update(FREE, WANTED, ms);
  assert.equal(budget.bps, Infinity);
});

Deno.test("BitrateBudget: falls at once, grows within a minute, has a minimum", () => {
  const budget = new BitrateBudget();
  const narrow = { bitrateBps: 800_000, isCongested: true };
  budget.update(narrow, WANTED, 0);
  assert.equal(budget.bps, 680_000);
  let ms = 500;
  for (; budget.bps < Infinity; ms += 500) budget.update(FREE, WANTED, ms);
  assert.ok(ms > 8_000 && ms < 60_000, `${ms} ms`);
  for (; ms < 500_000; ms += 500) {
    budget.update({ bitrateBps: 0, isCongested: true }, WANTED, ms);
  }
  assert.equal(budget.bps, 60_000);
});

Deno.test("BitrateBudget: on a path of one width it settles below that width", () => {
  const budget = new BitrateBudget();
  const width = 1_000_000;
  const seen: number[] = [];
  for (let ms = 0; ms < 120_000; ms += 500) {
    const sent = Math.min(WANTED, budget.bps);
    const isCongested = sent > width;
    const bitrateBps = isCongested ? width : 0;
    budget.update({ bitrateBps, isCongested }, WANTED, ms);
    if (ms > 5000) seen.push(Math.min(WANTED, budget.bps));
  }
  assert.ok(Math.min(...seen) >= 800_000, `${Math.min(...seen)}`);
  assert.ok(Math.max(...seen) <= 1_100_000, `${Math.max(...seen)}`);
});

Deno.test("BitrateBudget: shares what there is, or all of it", () => {
  const budget = new BitrateBudget();
  assert.equal(budget.shareOf(WANTED), 1);
  assert.equal(budget.shareOf(0), 1);
  budget.update({ bitrateBps: 1_000_000, isCongested: true }, WANTED, 0);
  assert.equal(budget.shareOf(WANTED), 0.425);
  assert.equal(budget.shareOf(500_000), 1);
  budget.reset();
  assert.equal(budget.shareOf(WANTED), 1);
});
