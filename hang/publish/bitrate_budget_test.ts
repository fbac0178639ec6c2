import assert from "node:assert/strict";
import { BitrateBudget, shareOf } from "./bitrate_budget.ts";

const WANTED = 2_000_000;
const FREE = { bitrateBps: 0, isCongested: false };

Deno.test("BitrateBudget: no limit on a free path, whatever rate is unknown", () => {
  const budget = new BitrateBudget();
  for (let ms = 0; ms < 60_000; ms += 500) budget.update(FREE, WANTED, ms);
  assert.equal(budget.bps, Infinity);
});

Deno.test("BitrateBudget: down at once to what arrives, up within a minute, not below the least", () => {
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

Deno.test("shareOf: by what each wants, and all of it when there is enough", () => {
  const split = { budgetBps: 1_000_000, totalBps: 2_500_000 };
  assert.equal(shareOf(2_000_000, split), 800_000);
  assert.equal(shareOf(500_000, split), 200_000);
  const enough = { budgetBps: Infinity, totalBps: 2_500_000 };
  assert.equal(shareOf(2_000_000, enough), 2_000_000);
});
