import assert from "node:assert/strict";
import { SteadyTime } from "./steady_time.ts";

const SECOND = 1_000_000;
const PICTURE = 40_000;
const SOUND = 20_000;

type Kind = "video" | "audio";

/** `seconds` of picture and sound from `fromUs` on, interleaved as a muxer does. */
function* programme(
  seconds: number,
  fromUs = 0,
): Iterable<{ kind: Kind; timestampUs: number }> {
  for (let us = 0; us < seconds * SECOND; us += SOUND) {
    if (us % PICTURE === 0) yield { kind: "video", timestampUs: fromUs + us };
    yield { kind: "audio", timestampUs: fromUs + us };
  }
}

/** The times of each kind after `time` had its say. */
function run(
  samples: Iterable<{ kind: Kind; timestampUs: number }>,
  time = new SteadyTime(),
): Record<Kind, number[]> {
  const out: Record<Kind, number[]> = { video: [], audio: [] };
  for (const { kind, timestampUs } of samples) {
    const isKeyframe = kind === "audio" || timestampUs % SECOND === 0;
    out[kind].push(time.at(kind, { timestampUs, isKeyframe }));
  }
  return out;
}

function assertSteady(timesUs: readonly number[], stepUs: number): void {
  for (const [index, us] of timesUs.entries()) {
    if (index === 0) continue;
    const aheadUs = us - timesUs[index - 1]!;
    assert.ok(aheadUs > 0 && aheadUs <= 2 * stepUs, `${aheadUs} at ${index}`);
  }
}

Deno.test("SteadyTime leaves the times of a clock that goes on as they are", () => {
  const { video, audio } = run(programme(30, 7 * SECOND));
  assert.equal(video[0], 7 * SECOND);
  assert.equal(video.at(-1), 7 * SECOND + 30 * SECOND - PICTURE);
  assert.equal(audio.at(-1), 7 * SECOND + 30 * SECOND - SOUND);
});

Deno.test("SteadyTime goes on when the clock starts again, and names it", () => {
  const lines: unknown[] = [];
  const log = { warn: (_: string, fields?: object) => lines.push(fields) };
  const samples = [...programme(4), ...programme(4), ...programme(4)];
  const { video, audio } = run(samples, new SteadyTime({ log }));
  assertSteady(video, PICTURE);
  assertSteady(audio, SOUND);
  assert.equal(lines.length, 2);
  assert.match(JSON.stringify(lines[0]), /near 3\.9\d0 s, got 0\.000 s/);
});

Deno.test("SteadyTime: a jump ahead of a minute is no minute of silence", () => {
  const { video, audio } = run([...programme(3), ...programme(3, 63 * SECOND)]);
  assertSteady(video, PICTURE);
  assertSteady(audio, SOUND);
});

Deno.test("SteadyTime keeps picture and sound together over a jump", () => {
  // The sound of the old clock ends after the picture of the new one has begun.
  const [old, next] = [[...programme(4)], [...programme(4)]];
  const late = old.splice(-20).filter(({ kind }) => kind === "audio");
  const early = next.splice(0, 3).filter(({ kind }) => kind === "video");
  const sound = [...programme(4)].filter(({ kind }) => kind === "audio");
  const rest = next.filter(({ kind }) => kind === "video");
  const time = new SteadyTime();
  run([...old, ...early, ...late], time);
  const { video } = run(rest, time);
  const { audio } = run(sound, time);
  // Both of the new clock: the first picture here is a step or two after its first sound.
  assert.ok(Math.abs(video[0]! - audio[0]!) <= 2 * PICTURE);
  assertSteady(audio, SOUND);
});

Deno.test("SteadyTime: a pause of one track is no jump while the others go on", () => {
  const samples = [...programme(40)].filter(({ kind, timestampUs }) =>
    kind === "video" || timestampUs < SECOND || timestampUs > 35 * SECOND
  );
  const time = new SteadyTime();
  const { audio } = run(samples, time);
  assert.equal(time.jumps, 0);
  assert.equal(audio.at(-1), 40 * SECOND - SOUND);
});

Deno.test("SteadyTime: pictures in decode order are no jumps", () => {
  const time = new SteadyTime();
  const order = [0, 4, 2, 1, 3, 8, 6, 5, 7];
  const out = order.map((index) =>
    time.at("video", {
      timestampUs: index * PICTURE,
      isKeyframe: index === 0,
    })
  );
  assert.deepEqual(out, order.map((index) => index * PICTURE));
});

Deno.test("SteadyTime: the long steps of a slide show are no jumps", () => {
  const time = new SteadyTime();
  for (const second of [0, 8, 20, 45, 120]) {
    const timestampUs = second * SECOND;
    assert.equal(
      time.at("video", { timestampUs, isKeyframe: true }),
      timestampUs,
    );
  }
});

Deno.test("SteadyTime: one damaged time moves no other sample", () => {
  const samples = [...programme(4)];
  const damaged = samples.findIndex(({ kind, timestampUs }) =>
    kind === "audio" && timestampUs === 2 * SECOND
  );
  samples[damaged] = { kind: "audio", timestampUs: 40_000 * SECOND };
  const time = new SteadyTime();
  const { video, audio } = run(samples, time);
  assert.equal(time.jumps, 1);
  assert.equal(video.at(-1), 4 * SECOND - PICTURE);
  assert.equal(audio.at(-1), 4 * SECOND - SOUND);
});

Deno.test("SteadyTime: a track with another clock joins where the others are", () => {
  const time = new SteadyTime({ isInterleaved: true });
  run(programme(20), time);
  const at = (track: string, timestampUs: number) =>
    time.at(track, { timestampUs, isKeyframe: true });
  assert.equal(at("other video", 3000), 20 * SECOND);
  assert.equal(at("other audio", 1000), 20 * SECOND - 2000);
  assert.equal(time.jumps, 1);
});

Deno.test("SteadyTime: a clock that jumps with every sample costs a bounded list", () => {
  let lines = 0;
  const time = new SteadyTime({ log: { warn: () => lines++ } });
  for (let n = 0; n < 10_000; n++) {
    const timestampUs = n % 2 === 0 ? 0 : 500 * SECOND;
    time.at("video", { timestampUs, isKeyframe: true, durationUs: PICTURE });
  }
  assert.equal(time.jumps, 9999);
  assert.equal(lines, 14);
});
