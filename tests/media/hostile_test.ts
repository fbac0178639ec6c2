/**
 * Files of every format, truncated, damaged, erased in part and with absurd sizes: the
 * intact part is read, or the error is one sentence.
 *
 * @module
 */
import assert from "node:assert/strict";
import { MoqError } from "@moq-deno/lite";
import { type Media, openMedia } from "@moq-deno/hang/media";
import { ffmpegTest, generate } from "./tools.ts";

const PLACES = 60;
// The headers are here.
const HEAD_BYTES = 1500;
const ERASED_BYTES = 2000;

const FILES: Readonly<Record<string, string>> = {
  "a.mp4": "-c:v libx264 -pix_fmt yuv420p -c:a aac",
  "a.webm": "-c:v libvpx -deadline realtime -c:a libopus",
  "a.mkv": "-c:v libx264 -pix_fmt yuv420p -c:a flac",
  "a.ts": "-c:v libx264 -pix_fmt yuv420p -c:a aac",
  "a.ogg": "-map 1:a -c:a libopus",
  "a.mp3": "-map 1:a -c:a libmp3lame",
  "a.aac": "-map 1:a -c:a aac",
  "a.flac": "-map 1:a -c:a flac",
  "a.wav": "-map 1:a -c:a pcm_s16le",
};

/** Extreme values for a file's sizes and counts. */
const ABSURD = [
  Uint8Array.of(0xff, 0xff, 0xff, 0xff),
  Uint8Array.of(0x7f, 0xff, 0xff, 0xff),
  Uint8Array.of(0, 0, 0, 0),
  Uint8Array.of(0, 0, 0, 1),
];

/** Opens and reads everything; returns the packets, or -1 for a refusal with a sentence. */
async function survive(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  let media: Media | undefined;
  let packets = 0;
  try {
    media = await openMedia(bytes);
    for (const track of media.tracks) {
      for await (const { timestampUs, data } of track.packets()) {
        assert.ok(Number.isSafeInteger(timestampUs) && timestampUs >= 0);
        assert.ok(data.byteLength <= bytes.byteLength * 4);
        packets++;
      }
    }
    return packets;
  } catch (error) {
    assert.ok(error instanceof MoqError, String(error));
    assert.notEqual(error.code, "internal");
    assert.match(error.message, /^[A-Z][^\n]+[^.\n]$/);
    return -1;
  } finally {
    media?.close();
  }
}

for (const [name, args] of Object.entries(FILES)) {
  ffmpegTest(
    `hostile: damaged ${name} is read in part or refused`,
    async () => {
      const folder = await Deno.makeTempDir();
      try {
        const path = `${folder}/${name}`;
        await generate(path, ["-t", "0.4", ...args.split(" ")]);
        const file = await Deno.readFile(path);
        const whole = await survive(file);
        assert.ok(whole > 0);
        for (let place = 0; place < PLACES; place++) {
          const cut = Math.floor((file.byteLength * place) / PLACES);
          assert.ok(await survive(file.slice(0, cut)) <= whole);
          const at = Math.floor(
            (Math.min(HEAD_BYTES, file.byteLength - 4) * place) / PLACES,
          );
          const damaged = file.slice();
          damaged[at] = damaged[at]! ^ 0xff;
          await survive(damaged);
          const absurd = file.slice();
          absurd.set(ABSURD[place % ABSURD.length]!, at);
          await survive(absurd);
          // Also from the end, where the rest of the file is missing.
          const erased = file.slice();
          erased.fill(place % 2 ? 0 : 0x42, cut, cut + ERASED_BYTES);
          if (place % 3 === 0) erased.fill(0, cut);
          await survive(erased);
        }
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  );
}
