import assert from "node:assert/strict";
import fc from "fast-check";
import { bitrateFor, planRenditions, SIMULCAST } from "./rendition_plan.ts";

function sizes(width: number, height: number): string[] {
  return planRenditions(SIMULCAST, { width, height }).map((plan) =>
    `${plan.name} ${plan.width}x${plan.height}`
  );
}

Deno.test("planRenditions: skips renditions that look alike", () => {
  assert.deepEqual(sizes(1280, 720), [
    "video/hd 1280x720",
    "video/sd 640x360",
  ]);
  assert.deepEqual(sizes(3840, 2160), [
    "video/hd 1920x1080",
    "video/sd 640x360",
  ]);
  assert.deepEqual(sizes(720, 1280), ["video/hd 720x1280", "video/sd 360x640"]);
  assert.deepEqual(sizes(192, 108), ["video/hd 192x108"]);
  assert.deepEqual(sizes(1, 1), ["video/hd 2x2"]);
});

Deno.test("planRenditions: even sizes of one shape, each smaller than the last", () => {
  const length = fc.integer({ min: 16, max: 8192 });
  fc.assert(fc.property(length, length, (width, height) => {
    const plans = planRenditions(SIMULCAST, { width, height });
    assert.ok(plans.length > 0);
    let previous = Infinity;
    for (const plan of plans) {
      assert.ok(plan.width % 2 === 0 && plan.height % 2 === 0);
      assert.ok(plan.width * plan.height < previous);
      assert.ok(
        Math.abs(plan.width - plan.height * width / height) <=
          2 + width / height * 2,
      );
      previous = plan.width * plan.height;
    }
  }));
});

Deno.test("bitrateFor: grows with size and rate, within the limit", () => {
  const [plan] = planRenditions(SIMULCAST, { width: 1280, height: 720 });
  const at30 = bitrateFor(plan!, "avc1.640028");
  const at60 = bitrateFor({ ...plan!, framerate: 60 }, "avc1.640028");
  assert.equal(at30, 1_935_360);
  assert.ok(at60 > at30 && at60 < 2 * at30);
  assert.ok(bitrateFor(plan!, "av01.0.05M.08") < at30);
  assert.equal(
    bitrateFor({ ...plan!, maxBitrateBps: 500_000 }, "vp8"),
    500_000,
  );
});
