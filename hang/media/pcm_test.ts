import assert from "node:assert/strict";
import { pcmConfig, pcmPieces } from "./pcm.ts";

const MONO = pcmConfig({ sampleRate: 48_000, numberOfChannels: 1 });

function floats(codec: string, bytes: readonly number[]): number[] {
  const packet = {
    timestampUs: 0,
    durationUs: 0,
    isKeyframe: true,
    data: Uint8Array.from([7, ...bytes]).subarray(1),
  };
  return [...pcmPieces(packet, { codec, config: MONO })].flatMap(({ data }) => [
    ...new Float32Array(data.slice().buffer),
  ]);
}

Deno.test("pcmPieces reads each form of PCM at its ends and in the middle", () => {
  assert.deepEqual(floats("pcm-u8", [0, 128, 192]), [-1, 0, 0.5]);
  assert.deepEqual(floats("pcm-s8", [0x80, 0, 0x40]), [-1, 0, 0.5]);
  assert.deepEqual(floats("pcm-s16", [0, 0x80, 0, 0x40]), [-1, 0.5]);
  assert.deepEqual(floats("pcm-s16be", [0x80, 0, 0x40, 0]), [-1, 0.5]);
  assert.deepEqual(floats("pcm-s24", [0, 0, 0x80, 0, 0, 0x40]), [-1, 0.5]);
  assert.deepEqual(floats("pcm-s24be", [0x80, 0, 0, 0xc0, 0, 0]), [-1, -0.5]);
  assert.deepEqual(floats("pcm-s32be", [0xc0, 0, 0, 0]), [-0.5]);
  assert.deepEqual(floats("pcm-f32", [0, 0, 0, 0x3f]), [0.5]);
  assert.deepEqual(floats("pcm-f64be", [0xbf, 0xe0, 0, 0, 0, 0, 0, 0]), [-0.5]);
});

Deno.test("pcmPieces cuts at 20 ms, without a gap and with the rest at the end", () => {
  const packet = {
    timestampUs: 1_000_000,
    durationUs: 0,
    isKeyframe: true,
    data: new Uint8Array(2 * 2 * (882 * 2 + 100) + 3),
  };
  const config = pcmConfig({ sampleRate: 44_100, numberOfChannels: 2 });
  const pieces = [...pcmPieces(packet, { codec: "pcm-s16", config })];
  assert.deepEqual(pieces.map(({ data }) => data.byteLength / 8), [
    882,
    882,
    100,
  ]);
  assert.deepEqual(
    pieces.map(({ timestampUs, durationUs }) => [timestampUs, durationUs]),
    [[1_000_000, 20_000], [1_020_000, 20_000], [1_040_000, 2268]],
  );
  assert.equal(config.bitrate, 44_100 * 2 * 32);
});
