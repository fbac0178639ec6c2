import assert from "node:assert/strict";
import fc from "fast-check";
import type { MediaPacket, MediaTrack } from "./media.ts";
import { PacketMerge } from "./pace.ts";

interface FakeTrack {
  readonly track: MediaTrack;
  readonly readAhead: () => number;
}

/** A track with a packet at each of `timesMs`, in decode order. */
function fake(kind: "video" | "audio", timesMs: readonly number[]): FakeTrack {
  let read = 0;
  async function* packets(): AsyncGenerator<MediaPacket> {
    for (const ms of timesMs) {
      read++;
      yield {
        timestampUs: ms * 1000,
        durationUs: 0,
        isKeyframe: true,
        data: new Uint8Array(),
      };
    }
  }
  const track: MediaTrack = kind === "video"
    ? { kind, config: { codec: "vp8" }, rotation: 0, packets }
    : {
      kind,
      config: { codec: "opus", sampleRate: 48000, numberOfChannels: 1 },
      packets,
    };
  return { track, readAhead: () => read };
}

async function merged(...tracks: readonly FakeTrack[]): Promise<string[]> {
  const all = await Array.fromAsync(
    mergePackets(tracks.map(({ track }) => track)),
  );
  return all.map(({ track, packet, dueUs }) =>
    `${track}:${packet.timestampUs / 1000}@${dueUs / 1000}`
  );
}

function mergePackets(
  tracks: readonly MediaTrack[],
): ReturnType<PacketMerge["packets"]> {
  const merge = new PacketMerge();
  for (const track of tracks) merge.add(track);
  return merge.packets();
}

Deno.test("PacketMerge sends each track's packets at their time", async () => {
  assert.deepEqual(
    await merged(fake("video", [0, 40, 80]), fake("audio", [0, 21, 43, 64])),
    ["0:0@0", "1:0@0", "1:21@21", "0:40@40", "1:43@43", "1:64@64", "0:80@80"],
  );
});

Deno.test("PacketMerge sends a picture before earlier ones that depend on it", async () => {
  // Decode order of a pyramid: I0 P8 B4 b2 b6 P12
  assert.deepEqual(await merged(fake("video", [0, 8, 4, 2, 6, 12])), [
    "0:0@0",
    "0:8@2",
    "0:4@2",
    "0:2@2",
    "0:6@6",
    "0:12@12",
  ]);
});

Deno.test("PacketMerge reads one picture ahead where nothing is reordered", async () => {
  const video = fake("video", [0, 40, 80, 120]);
  const audio = fake("audio", [0, 20, 40, 60]);
  const packets = mergePackets([video.track, audio.track]);
  await packets.next();
  assert.deepEqual([video.readAhead(), audio.readAhead()], [2, 1]);
  await packets.return();
});

Deno.test("PacketMerge keeps decode order and is never late, for any timestamps", async () => {
  const times = fc.array(fc.nat({ max: 500 }), { maxLength: 60 });
  await fc.assert(fc.asyncProperty(times, times, async (one, other) => {
    const tracks = [fake("video", one).track, fake("video", other).track];
    const seen: number[][] = [[], []];
    let lastDueUs = 0;
    for await (const { track, packet, dueUs } of mergePackets(tracks)) {
      assert.ok(dueUs >= lastDueUs);
      lastDueUs = dueUs;
      seen[track]!.push(packet.timestampUs / 1000);
    }
    assert.deepEqual(seen, [one, other]);
  }));
});
