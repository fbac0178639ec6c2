/**
 * Fragmented MP4 through a relay, with untouched fragments.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { openContainer } from "@moq-deno/hang";
import { openFragments, publishMedia } from "@moq-deno/hang/media";
import { BroadcastProducer, MoqError } from "@moq-deno/lite";
import { connect } from "@moq-deno/lite/deno";
import { startRelay } from "@moq-deno/relay/server";
import { fragmentsOf, receive } from "./fragments_through.ts";
import { GatedClock } from "./gated_clock.ts";
import { ffmpegTest, generate, probe } from "./tools.ts";

const SEPARATE =
  "cmaf+separate_moof+delay_moov+skip_trailer+default_base_moof+frag_keyframe";

ffmpegTest(
  "openFragments: ffmpeg's fragments pass a relay bit for bit",
  async () => {
    const folder = await Deno.makeTempDir();
    const relay = await startRelay(["--listen", "127.0.0.1:0"]);
    try {
      const source = `${folder}/source.mp4`;
      await generate(source, [
        ...["-c:v", "libx264", "-g", "10", "-bf", "2", "-pix_fmt", "yuv420p"],
        ...["-c:a", "aac", "-movflags", SEPARATE],
      ]);
      const file = await Deno.readFile(source);
      const expected = [...fragmentsOf(file).values()];
      assert.equal(expected.length, 2);

      const url = `moqt://127.0.0.1:${relay.addresses[0]!.port}/`;
      const serverCertificateHashes = [Uint8Array.fromHex(relay.fingerprint)];
      await using publisher = await connect(url, { serverCertificateHashes });
      await using viewer = await connect(url, { serverCertificateHashes });
      const media = await openFragments(new Blob([file]).stream());
      assert.deepEqual(media.tracks.map(({ config }) => config.codec), [
        "avc1.64000b",
        "mp4a.40.2",
      ]);
      const broadcast = new BroadcastProducer();
      const clock = new GatedClock();
      const publication = publishMedia(broadcast, media, { clock });
      publisher.publish("film", broadcast);
      for await (const { path } of viewer.announced("")) {
        if (path === "film") break;
      }
      const receivers = ["video", "audio"].map((one) =>
        receive(viewer.consume("film").track(one))
      );
      await Promise.all(receivers.map(({ hasBegun }) => hasBegun));
      clock.open();
      const received = await Promise.all(
        receivers.map(({ payloads }) => payloads),
      );
      assert.equal(await publication.closed, undefined);
      assert.ok(clock.now() > 1500, "it was sent in real time");
      for (const [index, all] of received.entries()) {
        assert.equal(all.length, expected[index]!.length);
        for (const [at, one] of all.entries()) {
          assert.ok(
            Buffer.compare(one, expected[index]![at]!) === 0,
            `fragment ${at} of track ${index} differs`,
          );
        }
      }

      for (const [index, track] of media.tracks.entries()) {
        const { container } = track.config as {
          container: { init: string };
        };
        const init = Uint8Array.fromBase64(container.init);
        const copy = `${folder}/${track.kind}.mp4`;
        await Deno.writeFile(
          copy,
          await new Blob([init, ...received[index]!.map((one) => one.slice())])
            .bytes(),
        );
        const samples = received[index]!
          .flatMap((one) => openContainer(track.config).decode(one));
        const [stream, other] = await probe(copy);
        assert.equal(other, undefined);
        assert.equal(stream!.nb_read_packets, String(samples.length));
      }
      broadcast.close();
      media.close();
    } finally {
      await relay.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
);

ffmpegTest(
  "openFragments: refuses fragments that cannot be passed on",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const refuse = async (bytes: Uint8Array<ArrayBuffer>, message: RegExp) =>
        await assert.rejects(
          openFragments(new Blob([bytes]).stream()),
          (error) => {
            assert.ok(error instanceof MoqError);
            assert.match(error.message, message);
            return true;
          },
        );
      const joint = `${folder}/joint.mp4`;
      const h264 = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"];
      await generate(joint, [
        ...h264,
        "-movflags",
        "empty_moov+frag_keyframe+default_base_moof",
      ]);
      await refuse(
        await Deno.readFile(joint),
        /of one track each \(ffmpeg: -movflags cmaf\+separate_moof\)/,
      );
      const plain = `${folder}/plain.mp4`;
      await generate(plain, h264);
      await refuse(
        await Deno.readFile(plain),
        /Expected fragmented MP4 with moov first, got box mdat/,
      );
      await refuse(new Uint8Array(), /got a stream without it/);
      await refuse(new Uint8Array(100).fill(0x20), /to have 8 to/);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

ffmpegTest(
  "openFragments: a damaged stream gives media or MoqError",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const source = `${folder}/source.mp4`;
      await generate(source, [
        ...["-t", "0.4", "-c:v", "libx264", "-pix_fmt", "yuv420p"],
        ...["-c:a", "aac", "-movflags", SEPARATE],
      ]);
      const file = await Deno.readFile(source);
      const survive = async (bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
        try {
          const media = await openFragments(new Blob([bytes]).stream());
          try {
            for (const { packets } of media.tracks) {
              for await (const { timestampUs } of packets()) {
                assert.ok(Number.isSafeInteger(timestampUs));
              }
            }
          } finally {
            media.close();
          }
        } catch (error) {
          assert.ok(error instanceof MoqError, String(error));
        }
      };
      for (let at = 0; at < 2200; at += 13) {
        await survive(file.slice(0, at));
        const damaged = file.slice();
        damaged[at] = damaged[at]! ^ 0xff;
        await survive(damaged);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

ffmpegTest(
  "openFragments: time continues with a second run in the pipe",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const source = `${folder}/source.mp4`;
      await generate(source, [
        ...["-c:v", "libx264", "-g", "10", "-bf", "0", "-pix_fmt", "yuv420p"],
        ...["-c:a", "aac", "-movflags", SEPARATE],
      ]);
      const file = await Deno.readFile(source);
      const lines: string[] = [];
      const log = { warn: (message: string) => lines.push(message) };
      const media = await openFragments(new Blob([file, file]).stream(), {
        log,
      });
      for (const track of media.tracks) {
        const container = openContainer(track.config);
        let endUs = 0;
        for await (const { timestampUs, durationUs, data } of track.packets()) {
          assert.ok(
            timestampUs >= endUs - 30_000,
            `${timestampUs} at ${endUs}`,
          );
          const [first] = container.decode(data);
          assert.ok(Math.abs(first!.timestampUs - timestampUs) < 1000);
          endUs = timestampUs + durationUs;
        }
        assert.ok(endUs > 3_900_000, `${endUs}`);
      }
      assert.deepEqual(lines, ["clock jumped, time goes on"]);
      media.close();

      const fragments = fragmentsOf(file).values().next().value!;
      const head = file.subarray(0, Buffer.from(file).indexOf("moof") - 4);
      // The second fragment starts after ten pictures, a tenth of a second too early.
      const second = new Uint8Array(fragments[1]!);
      const timeAt = Buffer.from(second).indexOf("tfdt") + 8;
      const view = new DataView(second.buffer);
      const time = view.getBigUint64(timeAt);
      view.setBigUint64(timeAt, time - time / 4n);
      const parts = [head, fragments[0]!, second].map((one) =>
        new Uint8Array(one)
      );
      const stream = new Blob(parts).stream();
      const overlapping = await openFragments(stream, { log });
      await Array.fromAsync(overlapping.tracks[0]!.packets());
      assert.deepEqual(lines.slice(1), ["fragments overlap"]);
      overlapping.close();
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
