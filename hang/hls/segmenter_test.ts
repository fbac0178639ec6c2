import assert from "node:assert/strict";
import fc from "fast-check";
import type { OrderedSample } from "../container/sample_order.ts";
import { type CutSegment, Segmenter } from "./segmenter.ts";

const STEP_US = 40_000;

function sample(
  index: number,
  { isKeyframe, jumpUs = 0 }: {
    readonly isKeyframe: boolean;
    readonly jumpUs?: number;
  },
): OrderedSample {
  const timestampUs = index * STEP_US + jumpUs;
  return { timestampUs, isKeyframe, data: new Uint8Array(1), group: 0 };
}

function cutAll(
  segmenter: Segmenter,
  samples: readonly OrderedSample[],
): CutSegment[] {
  const cuts = samples.map((one) => segmenter.push(one));
  return [...cuts, segmenter.end()].filter((cut) => cut !== undefined);
}

Deno.test("Segmenter keeps every sample, in segments up to the target duration", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("video" as const, "audio" as const),
      fc.array(fc.boolean(), { maxLength: 600 }),
      fc.integer({ min: 2, max: 10 }),
      (kind, keyframes, targetSeconds) => {
        const segmenter = new Segmenter({ kind, stepUs: STEP_US });
        segmenter.targetSeconds = targetSeconds;
        const samples = [true, ...keyframes].map((isKeyframe, index) =>
          sample(index, { isKeyframe })
        );
        const cuts = cutAll(segmenter, samples);
        assert.deepEqual(cuts.flatMap((cut) => cut.samples), samples);
        let endUs = 0;
        for (const { startUs, durationUs } of cuts) {
          assert.equal(startUs, endUs);
          endUs += durationUs;
          assert.ok(Math.round(durationUs / 1_000_000) <= targetSeconds);
        }
        assert.equal(endUs, samples.length * STEP_US);
      },
    ),
  );
});

Deno.test("Segmenter starts at a keyframe, and cuts where time jumps", () => {
  const segmenter = new Segmenter({ kind: "video", stepUs: STEP_US });
  const cuts = cutAll(segmenter, [
    sample(7, { isKeyframe: false }),
    sample(8, { isKeyframe: true }),
    sample(9, { isKeyframe: false }),
    sample(0, { isKeyframe: true, jumpUs: 3_600_000_000 }),
    sample(1, { isKeyframe: true }),
  ]);
  assert.deepEqual(
    cuts.map(({ samples, startUs, isJump }) => [
      samples.length,
      startUs,
      isJump,
    ]),
    [[2, 320_000, false], [1, 3_600_000_000, true], [1, 40_000, true]],
  );
});
