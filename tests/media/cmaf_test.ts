/**
 * CMAF from ffmpeg, passed through.
 *
 * @module
 */
import assert from "node:assert/strict";
import { CatalogProducer, openContainer } from "@moq-deno/hang";
import { openMedia, subscribeMedia, writeMedia } from "@moq-deno/hang/media";
import { BroadcastProducer } from "@moq-deno/lite";
import { ffmpegTest, generate, output, probe } from "./tools.ts";

interface Segments {
  readonly init: Uint8Array;
  readonly fragments: readonly Uint8Array[];
}

/** Splits a file into ftyp+moov and its moof+mdat pairs. */
function cut(file: Uint8Array): Segments {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const starts: number[] = [];
  for (let at = 0; at < file.byteLength; at += view.getUint32(at)) {
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8));
    if (type === "moof" || type === "mfra") starts.push(at);
  }
  starts.push(file.byteLength);
  const fragments = starts.slice(0, -1).map((start, index) =>
    file.subarray(start, starts[index + 1])
  );
  return {
    init: file.subarray(0, starts[0]),
    fragments: fragments.filter((one) => one[4 + 3] === 0x66), // moof, not mfra
  };
}

ffmpegTest(
  "cmaf: fragments with B-frames arrive untouched",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const source = `${folder}/source.mp4`;
      await generate(source, [
        ...["-map", "0:v", "-c:v", "libx264", "-g", "25", "-bf", "2"],
        ...["-pix_fmt", "yuv420p", "-movflags", "cmaf+frag_keyframe"],
      ]);
      const file = await Deno.readFile(source);
      const { init, fragments } = cut(file);
      assert.equal(fragments.length, 2);
      const rendition = {
        codec: "avc1.64000b",
        container: { kind: "cmaf", init: init.toBase64() },
        codedWidth: 160,
        codedHeight: 90,
      } as const;

      const original = await openMedia(file);
      const packets = await Array.fromAsync(original.tracks[0]!.packets());
      original.close();
      const container = openContainer(rendition);
      const samples = fragments.flatMap((one) => container.decode(one));
      assert.deepEqual(
        samples.map(({ data }) => data.toHex()),
        packets.map(({ data }) => data.slice().toHex()),
      );
      const offset = samples[0]!.timestampUs - packets[0]!.timestampUs;
      for (const [index, sample] of samples.entries()) {
        const { timestampUs, isKeyframe } = packets[index]!;
        assert.ok(Math.abs(sample.timestampUs - offset - timestampUs) <= 1);
        assert.equal(sample.isKeyframe, isKeyframe);
      }

      const broadcast = new BroadcastProducer();
      new CatalogProducer(broadcast).update({
        video: { renditions: { v: rendition } },
      });
      const track = broadcast.createTrack("v", { timescale: 1_000_000 });
      const received = await subscribeMedia(broadcast.consume());
      for (const [index, payload] of fragments.entries()) {
        track.writeFrame({ timestamp: index * 1_000_000, payload });
      }
      track.close();
      const copy = `${folder}/copy.mp4`;
      const written = await writeMedia(
        received,
        (await Deno.create(copy)).writable,
      );
      assert.equal(written.videoFrames, packets.length);
      assert.equal((await probe(copy))[0]?.nb_read_packets, "50");
      await output("ffmpeg", ["-xerror", "-i", copy, "-f", "null", "-"]);
      await received.close();
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
