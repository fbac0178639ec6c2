import assert from "node:assert/strict";
import fc from "fast-check";
import { MoqError } from "@moq-deno/lite";
import type { Media, MediaPacket } from "./media.ts";
import { openH264 } from "./open_h264.ts";

const hex = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.fromHex(text.replaceAll(/\s/g, ""));
// 160 x 90, high profile, from x264.
const SPS = "6764000bacb2051bf26022000003000200000300641e285490";
const STREAM = hex(
  `00000001 0910 000001 ${SPS} 00000001 68ebe3cb22c0
   000001 0605ff80 00000001 6588aa 000001 651122
   00000001 0930 000001 41 9abb 00000001 41 9acc 00`,
);

function streamOf(
  bytes: Uint8Array<ArrayBuffer>,
  chunk: number,
): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.byteLength) return controller.close();
      controller.enqueue(bytes.slice(at, at + chunk));
      at += chunk;
    },
  });
}

async function packetsOf(media: Media): Promise<MediaPacket[]> {
  const [track] = media.tracks;
  const packets = await Array.fromAsync(track!.packets());
  media.close();
  return packets;
}

Deno.test("openH264 finds pictures of any number of slices, however chunked", async () => {
  for (const chunk of [1, 2, 3, 7, 1000]) {
    const media = await openH264(streamOf(STREAM, chunk), { framerate: 25 });
    const { codec, codedWidth, jitter } = media.tracks[0]!.config as {
      codec: string;
      codedWidth: number;
      jitter: number;
    };
    assert.deepEqual([codec, codedWidth, jitter], ["avc3.64000b", 160, 40]);
    const packets = await packetsOf(media);
    assert.deepEqual(
      packets.map(({ data, ...rest }) => [data.toHex(), Object.values(rest)]),
      [
        [
          `000000010910 00000001${SPS} 0000000168ebe3cb22c0 000000010605ff80 000000016588aa 00000001651122`
            .replaceAll(" ", ""),
          [0, 40_000, true],
        ],
        ["00000001093000000001419abb", [40_000, 40_000, false]],
        ["00000001419acc", [80_000, 40_000, false]],
      ],
    );
  }
});

Deno.test("openH264 gives media or MoqError for anything", async () => {
  await assert.rejects(
    openH264(streamOf(hex("00000001 41 9abb"), 10), { framerate: 25 }),
    { code: "decode", message: /a parameter set and a keyframe, got none/ },
  );
  await assert.rejects(
    openH264(streamOf(STREAM, 10), { framerate: 0 }),
    RangeError,
  );
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: STREAM.byteLength - 1 }),
      fc.nat({ max: 255 }),
      fc.nat({ max: STREAM.byteLength }),
      async (at, value, end) => {
        const damaged = STREAM.slice(0, end);
        damaged[at] = value;
        try {
          await packetsOf(
            await openH264(streamOf(damaged, 16), { framerate: 25 }),
          );
        } catch (error) {
          assert.ok(error instanceof MoqError, String(error));
        }
      },
    ),
    { numRuns: 300 },
  );
});
