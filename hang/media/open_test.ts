import assert from "node:assert/strict";
import fc from "fast-check";
import { MoqError } from "@moq-deno/lite";
import {
  BufferSource,
  BufferTarget,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  MkvOutputFormat,
  MP4,
  Mp4OutputFormat,
  Output,
} from "mediabunny";
import { splitBoxes } from "../container/boxes.ts";
import { openFileSource } from "../cli/file_source.ts";
import type { Media } from "./media.ts";
import { openMedia } from "./open.ts";
import type { MediaSource } from "./source.ts";

const CLIP_URL = new URL("../../examples/demo/clip.mp4", import.meta.url);
const CLIP = await Deno.readFile(CLIP_URL);

const box = (type: string, body: Uint8Array = new Uint8Array()): Uint8Array => {
  const bytes = new Uint8Array(8 + body.byteLength);
  new DataView(bytes.buffer).setUint32(0, bytes.byteLength);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(body, 8);
  return bytes;
};

const join = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

async function countPackets(media: Media): Promise<number> {
  let count = 0;
  for (const track of media.tracks) {
    for await (const packet of track.packets()) {
      assert.ok(Number.isSafeInteger(packet.timestampUs));
      assert.ok(packet.timestampUs >= 0);
      count++;
    }
  }
  return count;
}

/** Opens and reads all; a failure must be a MoqError. */
async function survive(source: MediaSource): Promise<void> {
  let media: Media | undefined;
  try {
    media = await openMedia(source);
    await countPackets(media);
  } catch (error) {
    assert.ok(error instanceof MoqError, String(error));
    assert.ok(["decode", "unsupported"].includes(error.code), error.code);
  } finally {
    media?.close();
  }
}

Deno.test("openMedia gives the same packets from bytes, blob, stream and file", async () => {
  using file = await openFileSource(CLIP_URL);
  const sources = [CLIP, new Blob([CLIP]), new Blob([CLIP]).stream(), file];
  for (const source of sources) {
    const media = await openMedia(source);
    assert.equal(media.format, "MP4");
    assert.equal(await countPackets(media), 770);
    media.close();
  }
});

Deno.test("openMedia reads a file where it needs to, not as a whole", async () => {
  using file = await openFileSource(CLIP_URL);
  let bytesRead = 0;
  const reads: Promise<Uint8Array>[] = [];
  const media = await openMedia({
    size: file.size,
    read: (start, end) => {
      bytesRead += end - start;
      const read = Promise.resolve(file.read(start, end));
      reads.push(read);
      return read;
    },
  });
  const packets = media.tracks[0]!.packets()[Symbol.asyncIterator]();
  await packets.next();
  await packets.return?.();
  media.close();
  // It reads ahead, also while it is being closed.
  await Promise.allSettled(reads);
  // Two of ten seconds for statistics, and what surrounds them.
  assert.ok(bytesRead < file.size * 0.6, `${bytesRead} of ${file.size}`);
});

Deno.test("openMedia names the boxes, codec or bytes that it could not take", async () => {
  const text = new TextEncoder().encode("#EXTM3U\nhttp://localhost/a.ts");
  const cases: [Uint8Array<ArrayBuffer>, string, string][] = [
    [
      new Uint8Array(),
      "unsupported",
      "Expected MP4, Matroska, WebM, MPEG-TS or audio, got an empty file",
    ],
    [
      text,
      "unsupported",
      "Expected MP4, Matroska, WebM, MPEG-TS or audio, got a file that begins with 234558544d33550a",
    ],
    [
      join(box("ftyp", new TextEncoder().encode("isom\0\0\0\0")), box("mdat")),
      "decode",
      "Expected MP4 with video or audio, got boxes ftyp, mdat",
    ],
    [
      CLIP.slice(0, 600),
      "decode",
      "Expected MP4 with video or audio, got boxes ftyp, moov (cut short)",
    ],
  ];
  for (const [bytes, code, message] of cases) {
    await assert.rejects(openMedia(bytes), { code, message });
  }
  // Both sample entries become those of an unknown codec.
  const exotic = CLIP.slice();
  const moov = new TextDecoder("latin1").decode(exotic.subarray(0, 2000));
  for (const name of ["avc1", "mp4a", "esds"]) {
    const at = moov.indexOf(name, moov.indexOf("stsd"));
    exotic.set(new TextEncoder().encode("zzzz"), at);
  }
  await assert.rejects(openMedia(exotic), {
    code: "unsupported",
    message:
      'Expected MP4 with a known codec, got none: Track 1 (video) has codec "zzzz", which is not supported; ' +
      'Track 2 (audio) has codec "zzzz", which is not supported',
  });
});

Deno.test("openMedia surfaces a stream that fails in the middle as MoqError", async () => {
  const cause = new Error("cable pulled");
  let sent = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent >= 100_000) return controller.error(cause);
      controller.enqueue(CLIP.slice(sent, sent += 10_000));
    },
  });
  await assert.rejects(async () => {
    const media = await openMedia(stream);
    try {
      await countPackets(media);
    } finally {
      media.close();
    }
  }, { name: "MoqError", code: "decode", message: /cable pulled/ });
});

Deno.test("openMedia: the signal ends the wait for a stream that stands still", async () => {
  const reason = new Error("enough");
  for (const sentBytes of [0, 600, 100_000]) {
    const stop = new AbortController();
    const cancelled = Promise.withResolvers<void>();
    let isFirst = true;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (isFirst && sentBytes > 0) {
          controller.enqueue(CLIP.slice(0, sentBytes));
        } else {
          stop.abort(reason);
          return new Promise(() => {}); // never again
        }
        isFirst = false;
      },
      cancel: () => cancelled.resolve(),
    }, { highWaterMark: 0 });
    await assert.rejects(async () => {
      const media = await openMedia(stream, { signal: stop.signal });
      try {
        for await (const _ of media.tracks[0]!.packets(stop.signal));
      } finally {
        media.close();
      }
    }, reason);
    await cancelled.promise;
  }
});

Deno.test("openMedia: a file cut anywhere gives what is there or MoqError", async () => {
  const length = fc.nat({ max: 60_000 });
  await fc.assert(
    fc.asyncProperty(length, (end) => survive(CLIP.slice(0, end))),
    { numRuns: 60, examples: [[8], [20], [1400]] },
  );
});

Deno.test("openMedia: damage anywhere gives packets or MoqError", async () => {
  // The head, with all boxes that say how to read the rest, is hit as often as the rest.
  const place = fc.oneof(fc.nat({ max: 2500 }), fc.nat({ max: 59_999 }));
  const damage = fc.array(fc.tuple(place, fc.nat({ max: 255 })), {
    minLength: 1,
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(damage, (hits) => {
      const bytes = CLIP.slice(0, 60_000);
      for (const [at, value] of hits) bytes[at] = value;
      return survive(bytes);
    }),
    { numRuns: 150 },
  );
});

Deno.test("openMedia: random bytes give MoqError, whatever they begin with", async () => {
  const beginnings = [
    "",
    "1a45dfa3", // Matroska
    "0000001466747970", // MP4
    "47", // MPEG-TS
    "fff14c80", // ADTS
    "4f676753", // Ogg
    "494433", // MP3 with ID3
    "664c6143", // FLAC
    "52494646", // WAVE
  ].map((hex) => Uint8Array.fromHex(hex));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...beginnings),
      fc.uint8Array({ maxLength: 2000 }),
      (beginning, rest) => survive(join(beginning, rest)),
    ),
    { numRuns: 150 },
  );
});

/** The clip's pictures with their index at the end, behind `bytes` of nothing. */
async function indexLast(bytes: number): Promise<Uint8Array<ArrayBuffer>[]> {
  const input = new Input({ formats: [MP4], source: new BufferSource(CLIP) });
  const track = (await input.getPrimaryVideoTrack())!;
  const target = new BufferTarget();
  const format = new Mp4OutputFormat({ fastStart: false });
  const output = new Output({ format, target });
  const source = new EncodedVideoPacketSource("avc");
  output.addVideoTrack(source);
  await output.start();
  const decoderConfig = (await track.getDecoderConfig())!;
  for await (const packet of new EncodedPacketSink(track).packets()) {
    await source.add(packet, { decoderConfig });
  }
  await output.finalize();
  input.dispose();
  const file = new Uint8Array(target.buffer!);
  const { start } = splitBoxes(file).find(({ type }) => type === "moov")!;
  return [
    file.slice(0, start),
    freeBox(bytes),
    file.slice(start),
  ];
}

function freeBox(bytes: number): Uint8Array<ArrayBuffer> {
  const free = new Uint8Array(bytes);
  new DataView(free.buffer).setUint32(0, bytes);
  free.set(new TextEncoder().encode("free"), 4);
  return free;
}

Deno.test("openMedia says what helps when a piped MP4 has its index last", async () => {
  const stream = new Blob(await indexLast(40 << 20)).stream();
  await assert.rejects(openMedia(stream), {
    code: "unsupported",
    message: /index \(moov\) at the end .*-movflags \+faststart/,
  });
});

Deno.test("openMedia says how a stream begins that it cannot read", async () => {
  await assert.rejects(openMedia(new Blob([CLIP.slice(5000)]).stream()), {
    code: "unsupported",
    message: /begins with [0-9a-f]{16}; .* joined in the middle/,
  });
});

Deno.test("openMedia says that a stream goes on after its last packet", async () => {
  const target = new BufferTarget();
  const output = new Output({ format: new MkvOutputFormat(), target });
  const source = new EncodedVideoPacketSource("avc");
  output.addVideoTrack(source);
  const input = new Input({ formats: [MP4], source: new BufferSource(CLIP) });
  const track = (await input.getPrimaryVideoTrack())!;
  const decoderConfig = (await track.getDecoderConfig())!;
  await output.start();
  for await (const packet of new EncodedPacketSink(track).packets()) {
    await source.add(packet, { decoderConfig });
  }
  await output.finalize();
  input.dispose();
  const file = new Uint8Array(target.buffer!);
  for (const [repeats, wanted] of [[1, []], [3, ["not read to its end"]]]) {
    const parts = Array.from({ length: Number(repeats) }, () => file);
    const lines: string[] = [];
    const media = await openMedia(pieces(parts), {
      log: { warn: (message) => lines.push(message) },
    });
    assert.equal(await countPackets(media), 300);
    assert.deepEqual(lines, wanted);
    media.close();
  }
});

/** All of `parts` as a pipe gives them. */
function pieces(parts: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  const all = join(...parts);
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= all.byteLength) return controller.close();
      controller.enqueue(all.slice(at, at += 65_536));
    },
  }, { highWaterMark: 0 });
}

Deno.test("openMedia says that a stream is empty", async () => {
  await assert.rejects(openMedia(new Blob([]).stream()), {
    code: "decode",
    message: "Expected media, got a stream that ended before its first byte",
  });
});

Deno.test("openMedia refuses tables that count more samples than there are", async () => {
  const whole = join(...await indexLast(100));
  const text = new TextDecoder("latin1").decode(whole);
  const cases: [string, number][] = [["stsc", 2], ["stts", 1], ["stsz", 1]];
  for (const [type, word] of cases) {
    const bytes = whole.slice();
    const at = text.indexOf(type) + 8 + 4 * word;
    new DataView(bytes.buffer).setUint32(at, 0xffffffff);
    const message = new RegExp(`box ${type} to count at most \\d+ samples`);
    for (const source of [bytes, new Blob([bytes]).stream()]) {
      await assert.rejects(openMedia(source), { code: "decode", message });
    }
  }
});
