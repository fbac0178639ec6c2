import assert from "node:assert/strict";
import { probeAudio } from "./audio_codec.ts";

const STEREO = { sampleRate: 48_000, numberOfChannels: 2 };

function only(codec: string) {
  return {
    isConfigSupported: (config: AudioEncoderConfig) =>
      Promise.resolve({ supported: config.codec === codec }),
  };
}

Deno.test("probeAudio: Opus, else AAC, else nothing", async () => {
  const opus = await probeAudio(STEREO, only("opus"));
  assert.equal(opus?.config.codec, "opus");
  assert.equal(opus?.config.description, undefined);
  const aac = await probeAudio(STEREO, only("mp4a.40.2"));
  assert.equal(aac?.config.codec, "mp4a.40.2");
  assert.equal(aac?.config.description, "1190");
  assert.equal(aac?.config.jitter, 22);
  assert.equal(await probeAudio(STEREO, only("mp3")), undefined);
  assert.equal(await probeAudio(STEREO, undefined), undefined);
});
