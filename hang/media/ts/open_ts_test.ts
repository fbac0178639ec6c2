import assert from "node:assert/strict";
import fc from "fast-check";
import { type Clock, MoqError } from "@moq-deno/lite";
import type { Media, MediaTrack } from "../media.ts";
import { openMedia } from "../open.ts";
import { TickClock } from "./pes.ts";
import {
  ALL_FORMATS,
  BufferSource,
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  MpegTsOutputFormat,
  Output,
} from "mediabunny";
import { PACKET_BYTES } from "./packets.ts";
import { checksum } from "./sections.ts";

const CLIP = new URL("../../../examples/demo/clip.mp4", import.meta.url);

/** Seconds of the clip, with its AAC and, unless it is sound alone, its H.264. */
async function clipTs(
  seconds: number,
  isSoundAlone = false,
): Promise<Uint8Array> {
  const source = new BufferSource(await Deno.readFile(CLIP));
  const input = new Input({ formats: ALL_FORMATS, source });
  const target = new BufferTarget();
  const output = new Output({ format: new MpegTsOutputFormat(), target });
  const video = (await input.getPrimaryVideoTrack())!;
  const audio = (await input.getPrimaryAudioTrack())!;
  const pictures = new EncodedVideoPacketSource("avc");
  const sounds = new EncodedAudioPacketSource("aac");
  if (!isSoundAlone) output.addVideoTrack(pictures);
  output.addAudioTrack(sounds);
  await output.start();
  const run = async (
    track: typeof video | typeof audio,
    sink: typeof pictures | typeof sounds,
  ): Promise<void> => {
    const decoderConfig = (await track.getDecoderConfig())!;
    for await (const packet of new EncodedPacketSink(track).packets()) {
      if (packet.timestamp >= seconds) break;
      if (packet.timestamp >= 0) {
        await sink.add(packet, { decoderConfig } as never);
      }
    }
    sink.close();
  };
  await Promise.all([
    isSoundAlone ? undefined : run(video, pictures),
    run(audio, sounds),
  ]);
  await output.finalize();
  input.dispose();
  return new Uint8Array(target.buffer!);
}

/** The packets of `bytes`, which begin with one. */
function packetsOf(bytes: Uint8Array): Uint8Array[] {
  return Array.from(
    { length: Math.floor(bytes.byteLength / PACKET_BYTES) },
    (_, n) => bytes.subarray(n * PACKET_BYTES, (n + 1) * PACKET_BYTES),
  );
}

/** The stream that a packet is of. */
function pidOf(packet: Uint8Array): number {
  return ((packet[1]! & 0x1f) << 8) | packet[2]!;
}

/** All of `parts`, one after the other. */
function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const size = parts.reduce((sum, part) => sum + part.byteLength, 0);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

/** `bytes` with the streams of type `from` declared as `to`. */
function withType(
  bytes: Uint8Array,
  { from, to }: { readonly from: number; readonly to: number },
): Uint8Array<ArrayBuffer> {
  return concat(
    packetsOf(bytes).map((packet) => {
      // A table of streams begins behind a pointer of 0.
      if (packet[5] !== 2 || packet[4] !== 0 || !(packet[1]! & 0x40)) {
        return packet;
      }
      const changed = packet.slice();
      const size = 3 + (((changed[6]! & 0x0f) << 8) | changed[7]!);
      const section = changed.subarray(5, 5 + size);
      for (let at = 12; at < size - 4;) {
        if (section[at] === from) section[at] = to;
        at += 5 + (((section[at + 3]! & 0x0f) << 8) | section[at + 4]!);
      }
      const crc = checksum(section.subarray(0, -4));
      new DataView(changed.buffer).setUint32(5 + size - 4, crc);
      return changed;
    }),
  );
}

const SECONDS = 3;
const PICTURES = 90;
const TS = await clipTs(SECONDS);

/** A pipe that gives `bytes` in pieces and then stays open. */
function openPipe(bytes: Uint8Array, pieceBytes = 10_000): ReadableStream {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.byteLength) return new Promise(() => {});
      controller.enqueue(bytes.slice(at, at += pieceBytes));
    },
  }, { highWaterMark: 0 });
}

function pipe(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new Blob([bytes.slice()]).stream();
}

/** Timestamps of a track to its end, or of the first `count` packets. */
async function timesOf(
  media: Media,
  { kind, count = Infinity }: {
    readonly kind: "video" | "audio";
    readonly count?: number;
  },
): Promise<number[]> {
  const track = media.tracks.find((one) => one.kind === kind)!;
  const times: number[] = [];
  for await (const { timestampUs } of track.packets()) {
    if (times.push(timestampUs) >= count) break;
  }
  return times;
}

function assertSteady(timesUs: readonly number[], mostUs: number): void {
  const sorted = timesUs.toSorted((one, other) => one - other);
  for (const [index, us] of sorted.entries()) {
    const stepUs = index === 0 ? 1 : us - sorted[index - 1]!;
    assert.ok(stepUs > 0 && stepUs <= mostUs, `${stepUs} at ${index}`);
  }
}

Deno.test("openMedia reads the same MPEG-TS from bytes and from a pipe", async () => {
  const reads = [];
  for (const source of [TS, pipe(TS), openPipe(TS, 191)]) {
    const media = await openMedia(source);
    assert.equal(media.format, "MPEG Transport Stream");
    assert.deepEqual(media.skipped, []);
    reads.push(await timesOf(media, { kind: "video", count: PICTURES - 1 }));
    media.close();
  }
  assert.equal(reads[0]!.length, PICTURES - 1);
  assert.deepEqual(reads[1], reads[0]);
  assert.deepEqual(reads[2], reads[0]);
});

Deno.test("openMedia: an MPEG-TS clock that starts again in an open pipe goes on", async () => {
  const lines: unknown[] = [];
  const log = { warn: (_: string, fields?: object) => lines.push(fields) };
  const media = await openMedia(openPipe(concat([TS, TS, TS])), { log });
  const video = await timesOf(media, {
    kind: "video",
    count: 3 * PICTURES - 1,
  });
  assertSteady(video, 100_000);
  assert.equal(lines.length, 2);
  media.close();
});

Deno.test("openMedia: MPEG-TS with two clocks has both tracks on one timeline", async () => {
  const media = await openMedia(concat([TS, TS]));
  const video = await timesOf(media, { kind: "video" });
  const audio = await timesOf(media, { kind: "audio" });
  assert.equal(video.length, 2 * PICTURES);
  assertSteady(video, 100_000);
  assertSteady(audio, 100_000);
  assert.ok(Math.abs(video.at(-1)! - audio.at(-1)!) < 100_000);
  media.close();
});

Deno.test("openMedia: MPEG-TS joined in the middle of a packet is found", async () => {
  const media = await openMedia(
    pipe(concat([TS.subarray(PACKET_BYTES * 7 + 55), TS])),
  );
  const audio = await timesOf(media, { kind: "audio" });
  assert.ok(audio.length > 100, `${audio.length}`);
  media.close();
});

Deno.test("openMedia: a damaged byte in MPEG-TS costs one picture or sound", async () => {
  const damaged = TS.slice();
  damaged[PACKET_BYTES * 400] = 0; // in the place of 0x47
  const lines: string[] = [];
  const log = { warn: (message: string) => lines.push(message) };
  const media = await openMedia(pipe(damaged), { log });
  const video = await timesOf(media, { kind: "video" });
  assert.ok(video.length >= PICTURES - 1, `${video.length}`);
  assert.ok(lines.includes("damaged bytes left out"), lines.join());
  media.close();
});

Deno.test("openMedia: bytes missing from MPEG-TS are no picture", async () => {
  const cut = concat([
    TS.subarray(0, PACKET_BYTES * 400 + 90),
    TS.subarray(PACKET_BYTES * 401 + 130),
  ]);
  const media = await openMedia(pipe(cut));
  const video = await timesOf(media, { kind: "video" });
  assert.ok(video.length >= PICTURES - 2, `${video.length}`);
  media.close();
});

Deno.test("openMedia: MPEG-TS in one large chunk has all of its tracks", async () => {
  const repeats = 100;
  const bytes = concat(Array.from({ length: repeats }, () => TS));
  assert.ok(bytes.byteLength > 16 << 20);
  const media = await openMedia(openPipe(bytes, bytes.byteLength));
  assert.deepEqual(media.skipped, []);
  const count = repeats * PICTURES - 1;
  const video = await timesOf(media, { kind: "video", count });
  assert.equal(video[0], 0);
  assertSteady(video, 100_000);
  media.close();
});

Deno.test("openMedia names the tracks of MPEG-TS that it leaves out", async () => {
  const cases: [number, number, RegExp][] = [
    [0x0f, 0x11, /is AAC in LATM \(stream type 0x11\), which is not supp/],
    [0x1b, 0x02, /is MPEG-2 video \(stream type 0x02\), which is not supp/],
    [0x0f, 0x77, /not known here \(stream type 0x77\), which is not supported/],
    [0x0f, 0x06, /private data \(stream type 0x06\), which is not supported/],
    [0x0f, 0x86, /is SCTE-35 \(stream type 0x86\), which is no media/],
  ];
  for (const [from, to, words] of cases) {
    const media = await openMedia(withType(TS, { from, to }));
    assert.equal(media.tracks.length, 1);
    assert.match(media.skipped.join(), words);
    media.close();
  }
});

Deno.test("openMedia: an MPEG-TS track without a description costs only itself", async () => {
  // AAC whose channels are said elsewhere: configuration 0 in each ADTS header.
  const odd = TS.slice();
  for (let at = 0; at + 7 < odd.byteLength; at++) {
    if (odd[at] !== 0xff || odd[at + 1] !== 0xf1) continue;
    odd[at + 2]! &= 0xfe;
    odd[at + 3]! &= 0x3f;
  }
  const media = await openMedia(odd);
  assert.deepEqual(media.tracks.map(({ kind }) => kind), ["video"]);
  assert.match(media.skipped.join(), /AAC\): .*channel configuration 0/);
  media.close();
});

/** A clock that a test lets run out. */
class HandClock implements Clock {
  readonly waits: (() => void)[] = [];

  now(): number {
    return 0;
  }

  after(_ms: number, then: () => void): () => void {
    this.waits.push(then);
    return () => {};
  }
}

Deno.test("openMedia: a silent MPEG-TS track joins when it comes", async () => {
  const packets = packetsOf(TS);
  const pids = new Set(packets.map(pidOf));
  const soundPid = [...pids].filter((pid) => pid > 32 && pid < 0x1000).at(-1)!;
  const muted = packets.filter((packet) => pidOf(packet) !== soundPid);
  const clock = new HandClock();
  let controller: ReadableStreamDefaultController<Uint8Array>;
  const stream = new ReadableStream<Uint8Array>({
    start: (one) => void (controller = one),
    pull: () => clock.waits.shift()?.(), // all of it is read
  });
  controller!.enqueue(concat(muted));
  const media = await openMedia(stream, { clock });
  assert.deepEqual(media.tracks.map(({ kind }) => kind), ["video"]);
  assert.match(
    media.skipped.join(),
    /AAC, of which nothing has come; it joins/,
  );
  controller!.enqueue(TS);
  controller!.close();
  const late = Array.fromAsync(media.late!());
  await timesOf(media, { kind: "video" });
  const [sound] = await late;
  assert.equal(sound?.kind, "audio");
  const sounds = await Array.fromAsync(sound!.packets());
  assert.ok(sounds.length > 100, `${sounds.length}`);
  media.close();
});

Deno.test("openMedia: an MPEG-TS stream that changes its codec is two tracks", async () => {
  const sound = await clipTs(6, true);
  const pids = (bytes: Uint8Array) => new Set(packetsOf(bytes).map(pidOf));
  const mediaPid = [...pids(sound)].find((pid) => pid > 32 && pid < 0x1000)!;
  assert.ok(pids(TS).has(mediaPid), "the two share a number");
  for (const source of [concat([sound, TS]), pipe(concat([sound, TS]))]) {
    const media = await openMedia(source);
    const late = Array.fromAsync(media.late!());
    const sounds = await timesOf(media, { kind: "audio" });
    media.tracks.length === 1 &&
      (media.tracks as MediaTrack[]).push(...await late);
    const pictures = await timesOf(media, { kind: "video" });
    assert.equal(pictures.length, PICTURES);
    // Nine seconds of sound, and the pictures with the last three.
    assert.ok(
      Math.abs(sounds.at(-1)! - 9_000_000) < 200_000,
      `${sounds.at(-1)}`,
    );
    assert.ok(Math.abs(pictures[0]! - 6_000_000) < 200_000, `${pictures[0]}`);
    media.close();
  }
});

Deno.test("openMedia names damage in MPEG-TS once for a file", async () => {
  const packets = packetsOf(TS);
  const holes = packets.filter((_, n) =>
    n < packets.length / 2 || n % 31 !== 0
  );
  const lines: string[] = [];
  const log = { warn: (message: string) => void lines.push(message) };
  const media = await openMedia(concat(holes), { log });
  await timesOf(media, { kind: "video" });
  await timesOf(media, { kind: "audio" });
  media.close();
  const named = lines.filter((line) => line.startsWith("incomplete"));
  assert.equal(named.length, 1, lines.join("; "));
});

Deno.test("TickClock: a damaged time moves none that follow", () => {
  const clock = new TickClock();
  assert.equal(clock.at(5000), 5000);
  clock.at(2 ** 32 + 6000);
  assert.equal(clock.at(7000), 7000);
  assert.equal(clock.at(8000), 8000);
});

Deno.test("TickClock goes on over the end of its 33 bits, either way", () => {
  const clock = new TickClock();
  const end = 2 ** 33;
  assert.equal(clock.at(end - 90), end - 90);
  assert.equal(clock.at(90), end + 90);
  assert.equal(clock.at(end - 45), end - 45);
  assert.equal(clock.at(3000), end + 3000);
  let at = 3000;
  // Three days in steps of an hour.
  for (let hour = 1; hour <= 72; hour++) {
    at += 3600 * 90_000;
    assert.equal(clock.at(at % end), end + at);
  }
});

/** Opens and reads all; a failure must be a MoqError. */
async function survive(bytes: Uint8Array, isPipe: boolean): Promise<void> {
  let media: Media | undefined;
  try {
    media = await openMedia(isPipe ? pipe(bytes) : bytes);
    for (const track of media.tracks) {
      for await (const { timestampUs } of track.packets()) {
        assert.ok(Number.isSafeInteger(timestampUs) && timestampUs >= 0);
      }
    }
  } catch (error) {
    assert.ok(error instanceof MoqError, String(error));
  } finally {
    media?.close();
  }
}

Deno.test("openMedia: MPEG-TS damaged anywhere gives packets or MoqError", async () => {
  const short = TS.slice(0, PACKET_BYTES * 200);
  // The tables and the beginnings of the streams are hit as often as the rest.
  const place = fc.oneof(
    fc.nat({ max: PACKET_BYTES * 6 }),
    fc.nat({ max: short.byteLength - 1 }),
  );
  const hits = fc.array(fc.tuple(place, fc.nat({ max: 255 })), {
    minLength: 1,
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(hits, fc.boolean(), (all, isPipe) => {
      const bytes = short.slice();
      for (const [at, value] of all) bytes[at] = value;
      return survive(bytes, isPipe);
    }),
    { numRuns: 150 },
  );
});

Deno.test("openMedia: shuffled MPEG-TS packets give packets or MoqError", async () => {
  const packets = packetsOf(TS).slice(0, 200);
  const order = fc.array(fc.nat({ max: packets.length - 1 }), {
    minLength: 20,
    maxLength: 200,
  });
  await fc.assert(
    fc.asyncProperty(
      order,
      fc.boolean(),
      (all, isPipe) => survive(concat(all.map((n) => packets[n]!)), isPipe),
    ),
    { numRuns: 100 },
  );
});
