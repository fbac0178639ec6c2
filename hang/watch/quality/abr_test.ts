import assert from "node:assert/strict";
import { AdaptiveBitrate } from "./abr.ts";
import {
  type AbrContext,
  type AbrMeasures,
  abrOpinions,
  bandwidthOpinion,
  bufferOpinion,
  decoderOpinion,
  jitterOpinion,
  lateOpinion,
} from "./abr_inputs.ts";

const UNKNOWN: AbrMeasures = {
  jitterMs: undefined,
  lateRatio: undefined,
  bufferTrend: undefined,
  decodeQueue: undefined,
  bandwidthBps: undefined,
};
const GOOD: AbrMeasures = {
  jitterMs: 10,
  lateRatio: 0,
  bufferTrend: 0,
  decodeQueue: 1,
  bandwidthBps: undefined,
};
const CONTEXT: AbrContext = {
  maxHoldMs: 3000,
  bitrateBps: 1_000_000,
  nextBitrateBps: 3_000_000,
};

Deno.test("jitterOpinion: what the latency cannot take speaks for less", () => {
  const say = (jitterMs: number, maxHoldMs: number) =>
    jitterOpinion({ ...UNKNOWN, jitterMs }, { ...CONTEXT, maxHoldMs });
  assert.deepEqual(
    [say(20, 3000), say(300, 3000), say(500, 3000), say(200, 100)],
    ["up", "stay", "down", "down"],
  );
  assert.equal(jitterOpinion(UNKNOWN, CONTEXT), undefined);
});

Deno.test("abrOpinions: late, buffer and decoder each go by one number", () => {
  const late = [0, 0.05, 0.2].map((lateRatio) =>
    lateOpinion({ ...UNKNOWN, lateRatio })
  );
  const buffer = [20, -100, -400].map((bufferTrend) =>
    bufferOpinion({ ...UNKNOWN, bufferTrend })
  );
  const decoder = [0, 8, 40].map((decodeQueue) =>
    decoderOpinion({ ...UNKNOWN, decodeQueue })
  );
  for (const said of [late, buffer, decoder]) {
    assert.deepEqual(said, ["up", "stay", "down"]);
  }
  assert.equal(lateOpinion(UNKNOWN), undefined);
  assert.equal(bufferOpinion(UNKNOWN), undefined);
  assert.equal(decoderOpinion(UNKNOWN), undefined);
});

Deno.test("bandwidthOpinion: has none of a rate that is unknown, on either side", () => {
  const say = (bandwidthBps: number | undefined, context = CONTEXT) =>
    bandwidthOpinion({ ...UNKNOWN, bandwidthBps }, context);
  assert.deepEqual(
    [500_000, 2_000_000, 5_000_000].map((bps) => say(bps)),
    ["down", "stay", "up"],
  );
  assert.deepEqual([say(0), say(undefined)], [undefined, undefined]);
  const unlabelled = {
    ...CONTEXT,
    bitrateBps: undefined,
    nextBitrateBps: undefined,
  };
  assert.equal(say(500_000, unlabelled), undefined);
});

/** Looks twice a second for `seconds`, follows what is decided, and returns when it did. */
function follow(
  abr: AdaptiveBitrate,
  { fromS, seconds, measures }: {
    readonly fromS: number;
    readonly seconds: number;
    readonly measures: (second: number) => AbrMeasures;
  },
): [second: number, direction: string][] {
  const changes: [number, string][] = [];
  for (let second = fromS; second < fromS + seconds; second += 0.5) {
    const opinions = abrOpinions(measures(second), CONTEXT);
    const { direction } = abr.decide(opinions, second * 1000);
    if (direction === "stay") continue;
    abr.changed(direction, second * 1000);
    changes.push([second, direction]);
  }
  return changes;
}

Deno.test("AdaptiveBitrate: an hour without a single rate never goes down", () => {
  const changes = follow(new AdaptiveBitrate(), {
    fromS: 0,
    seconds: 3600,
    measures: () => ({ ...GOOD, bandwidthBps: 0 }),
  });
  assert.equal(changes.some(([, direction]) => direction === "down"), false);
  const silent = follow(new AdaptiveBitrate(), {
    fromS: 0,
    seconds: 3600,
    measures: () => UNKNOWN,
  });
  assert.deepEqual(silent, []);
});

Deno.test("AdaptiveBitrate: down within 1.5 s, up after 10 s", () => {
  const changes = follow(new AdaptiveBitrate(), {
    fromS: 0,
    seconds: 40,
    measures: (second) =>
      second === 3 || (second >= 8 && second < 10)
        ? { ...GOOD, lateRatio: 0.5 }
        : GOOD,
  });
  assert.deepEqual(changes.map(([, direction]) => direction), [
    "down",
    "up",
    "up",
  ]);
  assert.equal(changes[0]![0], 8.5);
  assert.equal(changes[1]![0], 20);
});

Deno.test("AdaptiveBitrate: retries a failed larger rendition ever less often", () => {
  const abr = new AdaptiveBitrate();
  let raisedS = -Infinity;
  const ups: number[] = [];
  for (let second = 0; second < 900; second += 0.5) {
    const isTooLarge = raisedS > -Infinity && second - raisedS > 5;
    const opinions = abrOpinions(
      isTooLarge ? { ...GOOD, jitterMs: 900 } : GOOD,
      CONTEXT,
    );
    const { direction } = abr.decide(opinions, second * 1000);
    if (direction === "stay") continue;
    abr.changed(direction, second * 1000);
    raisedS = direction === "up" ? second : -Infinity;
    if (direction === "up") ups.push(second);
  }
  const pauses = ups.slice(1).map((second, index) => second - ups[index]!);
  assert.ok(ups.length >= 4 && ups.length <= 10, `${ups}`);
  for (const [index, pause] of pauses.slice(1, 4).entries()) {
    assert.ok(pause > pauses[index]! * 1.4, `${pauses}`);
  }
});
