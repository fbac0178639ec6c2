import assert from "node:assert/strict";
import { planRenditions, SIMULCAST, SINGLE } from "./rendition_plan.ts";
import { encoderKey, probeVideo, videoCodecs } from "./video_codec.ts";

const [HD] = planRenditions(SINGLE, { width: 1280, height: 720 });

function supporting(test: (config: VideoEncoderConfig) => boolean) {
  const asked: string[] = [];
  return {
    asked,
    isConfigSupported(config: VideoEncoderConfig) {
      asked.push(encoderKey(config));
      return Promise.resolve({ supported: test(config) });
    },
  };
}

Deno.test("videoCodecs: levels grow with the size and the rate", () => {
  assert.equal(videoCodecs(HD!)[0], "avc1.64001f");
  const [big] = planRenditions(SIMULCAST, {
    width: 1920,
    height: 1080,
    framerate: 60,
  });
  assert.deepEqual(videoCodecs(big!), [
    "avc1.64002a",
    "avc1.4d002a",
    "avc1.42e02a",
    "vp09.00.41.08",
    "av01.0.09M.08",
    "vp8",
  ]);
});

Deno.test("probeVideo: any codec in hardware comes before all in software", async () => {
  const support = supporting(({ codec, hardwareAcceleration }) =>
    codec.startsWith("vp09") || hardwareAcceleration === "no-preference"
  );
  const config = await probeVideo(HD!, { support });
  assert.equal(encoderKey(config!), "vp09.00.31.08 prefer-hardware");
  assert.equal(support.asked[0], "avc1.64001f prefer-hardware");
});

Deno.test("probeVideo: skips failed encoders and other codecs", async () => {
  const support = supporting(() => true);
  const first = await probeVideo(HD!, { support });
  const failed = new Set([encoderKey(first!)]);
  const next = await probeVideo(HD!, { support, failed });
  assert.equal(encoderKey(next!), "avc1.4d001f prefer-hardware");
  const vp8 = await probeVideo({ ...HD!, codec: "vp8" }, { support });
  assert.equal(vp8?.codec, "vp8");
  assert.equal(await probeVideo(HD!, { support: undefined }), undefined);
  const broken = { isConfigSupported: () => Promise.reject(new TypeError()) };
  assert.equal(await probeVideo(HD!, { support: broken }), undefined);
});
