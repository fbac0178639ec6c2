import assert from "node:assert/strict";
import { SILENT } from "@moq-deno/lite/internal";
import type { Size } from "../../catalog/catalog.ts";
import { openContainer } from "../../container/container.ts";
import type { AbrMeasures } from "./abr_inputs.ts";
import { ladderFor, RenditionPicker } from "./rendition_picker.ts";
import type { VideoChoice } from "./select.ts";

function choice(
  name: string,
  { width, height, bitrate, stalled }: Size & {
    readonly bitrate: number;
    readonly stalled?: boolean;
  },
): VideoChoice {
  const config = {
    codec: "vp8",
    codedWidth: width,
    codedHeight: height,
    bitrate,
    ...(stalled && { stalled }),
  };
  return {
    name,
    config,
    decoderConfig: config,
    container: openContainer(config),
  };
}

const LOW = choice("low", { width: 320, height: 180, bitrate: 300_000 });
const MID = choice("mid", { width: 640, height: 360, bitrate: 900_000 });
const HIGH = choice("high", { width: 1280, height: 720, bitrate: 3_000_000 });
const ALL = [LOW, MID, HIGH];

const GOOD: AbrMeasures = {
  jitterMs: 10,
  lateRatio: 0,
  bufferTrend: 0,
  decodeQueue: 0,
  bandwidthBps: 0,
};

Deno.test("ladderFor: no larger than fits, none stalled if others are not", () => {
  const names = (size: Size | undefined, choices = ALL) =>
    ladderFor(choices, size).map(({ name }) => name).join();
  assert.equal(names(undefined), "low,mid,high");
  assert.equal(names({ width: 300, height: 300 }), "low");
  assert.equal(names({ width: 700, height: 394 }), "low,mid");
  assert.equal(names({ width: 4000, height: 3000 }), "low,mid,high");
  const stalled = { width: 1280, height: 720, bitrate: 1, stalled: true };
  assert.equal(names(undefined, [LOW, choice("x", stalled)]), "low");
  assert.equal(names(undefined, [choice("x", stalled)]), "x");
});

Deno.test("RenditionPicker: follows the path, unless picked by hand", () => {
  const picker = new RenditionPicker(SILENT);
  const wishes = { byHand: undefined, size: undefined };
  assert.equal(picker.pick(ALL, wishes)?.name, "high");
  let nowMs = 100_000;
  const look = (measures: AbrMeasures, looks: number) => {
    for (let i = 0; i < looks; i++) {
      nowMs += 500;
      picker.look(measures, { maxHoldMs: 3000, nowMs });
    }
    return picker.picked?.name;
  };
  assert.equal(look({ ...GOOD, bandwidthBps: 500_000 }, 3), "low");
  assert.equal(look(GOOD, 22), "mid");
  assert.equal(look(GOOD, 22), "high");
  assert.equal(look({ ...GOOD, lateRatio: 0.5 }, 10), "mid");
  assert.equal(picker.pick(ALL, { ...wishes, byHand: "high" })?.name, "high");
  assert.equal(look({ ...GOOD, lateRatio: 0.5 }, 30), "high");
  assert.equal(picker.pick([LOW], wishes)?.name, "low");
  assert.equal(picker.pick([], wishes), undefined);
});
