import assert from "node:assert/strict";
import { boxAt, BoxReader, splitBoxes } from "../container/boxes.ts";
import { readCmafInit } from "../container/cmaf_init.ts";
import type { OrderedSample } from "../container/sample_order.ts";
import { decoderFacts } from "../media/decoder_facts.ts";
import { openMedia } from "../media/open.ts";
import { muxSegment } from "./segment_muxer.ts";

const CLIP = new URL("../../examples/demo/clip.mp4", import.meta.url);
// Decode order of a group with B-frames: I0 P3 B1 B2 P6 B4 B5, and as it would be without.
const SHOWN = [0, 3, 1, 2, 6, 4, 5];
const STEP_US = 40_000;

/** When the samples of a segment are decoded and shown, in microseconds. */
async function timesOf(
  order: readonly number[],
  startUs: number,
): Promise<{ readonly decodedUs: number[]; readonly shownUs: number[] }> {
  const clip = await openMedia(await Deno.readFile(CLIP));
  const [track] = clip.tracks;
  assert.ok(track?.kind === "video");
  const samples: OrderedSample[] = [];
  for await (const { data, isKeyframe } of track.packets()) {
    const timestampUs = startUs + order[samples.length]! * STEP_US;
    samples.push({ data, isKeyframe, timestampUs, group: 0 });
    if (samples.length === order.length) break;
  }
  clip.close();
  const durationUs = order.length * STEP_US;
  const { init, media } = await muxSegment(
    { samples, startUs, durationUs, isJump: false },
    { kind: "video", facts: decoderFacts(track.config) },
  );
  const { timescale } = readCmafInit(init);
  const boxes = splitBoxes(media);
  const index = new BoxReader(boxAt(boxes, ["sidx"]), "sidx");
  index.skip(32);
  const moofAt = boxes.find(({ type }) => type === "moof")!.start;
  assert.equal(index.u32(), media.byteLength - moofAt);
  const traf = splitBoxes(boxAt(boxes, ["moof", "traf"]));
  const tfdt = new BoxReader(boxAt(traf, ["tfdt"]), "tfdt");
  tfdt.skip(4);
  const firstUs = Math.round(tfdt.u64() * 1e6 / timescale);
  const run = new BoxReader(boxAt(traf, ["trun"]), "trun");
  const { flags } = run.versionAndFlags();
  const count = run.u32();
  run.skip((flags & 1 ? 4 : 0) + (flags & 4 ? 4 : 0));
  const decodedUs: number[] = [];
  const shownUs: number[] = [];
  for (let n = 0; n < count; n++) {
    for (const field of [0x100, 0x200, 0x400]) if (flags & field) run.skip(4);
    const atUs = firstUs + n * STEP_US;
    decodedUs.push(atUs);
    shownUs.push(atUs + Math.round(run.i32() * 1e6 / timescale));
  }
  return { decodedUs, shownUs };
}

for (const order of [SHOWN, SHOWN.toSorted()]) {
  for (const startUs of [0, 8_000_000]) {
    Deno.test(`muxSegment: pictures ${order} at ${startUs} are shown after they are decoded`, async () => {
      const { decodedUs, shownUs } = await timesOf(order, startUs);
      const beginUs = Math.min(...shownUs);
      for (const [n, us] of shownUs.entries()) {
        assert.ok(us >= decodedUs[n]!, `${us} at ${n}`);
        assert.ok(Math.abs(us - beginUs - order[n]! * STEP_US) < 100);
      }
      // All renditions begin a second later, so that decoding has room before time 0.
      assert.ok(Math.abs(beginUs - startUs - 1_000_000) < 100, `${beginUs}`);
    });
  }
}
