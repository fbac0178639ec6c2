/**
 * `<hang-watch>` plays CMAF whose catalog leaves the decoders' extra data to the
 * init segments.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type AudioConfig,
  type AudioSection,
  CatalogProducer,
  openCmaf,
  type VideoConfig,
  type VideoSection,
} from "@moq-deno/hang";
import { type Media, type MediaTrack, openMedia } from "@moq-deno/hang/media";
import {
  BroadcastProducer,
  type GroupProducer,
  sleep,
  systemClock,
  type TrackProducer,
} from "@moq-deno/lite";
import { connect } from "@moq-deno/lite/deno";
import { pageFrom } from "../../examples/demo/ports.ts";
import { boxAt, type Mp4Box, splitBoxes } from "../../hang/container/boxes.ts";
import { freshRelay, urlOf } from "../interop/npm/exchange.ts";
import { Chromium, findChromium } from "./chromium.ts";
import { PLAYER, tone } from "./player_page.ts";

const path = findChromium();
const CLIP = new URL("../../examples/demo/clip.mp4", import.meta.url);

function box(type: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, part) => sum + part.byteLength, 8);
  const header = new Uint8Array(8);
  new DataView(header.buffer).setUint32(0, size);
  header.set(new TextEncoder().encode(type), 4);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of [header, ...parts]) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

/** The init segments of a file's tracks, one each. */
function initsOf(file: Uint8Array): Uint8Array[] {
  const moov = splitBoxes(boxAt(splitBoxes(file), ["moov"]));
  const all = (boxes: readonly Mp4Box[], type: string) =>
    boxes.filter((one) => one.type === type).map(({ body }) => body);
  const defaults = all(splitBoxes(boxAt(moov, ["mvex"])), "trex");
  return all(moov, "trak").map((trak, index) =>
    box(
      "moov",
      box("trak", trak),
      box("mvex", box("trex", defaults[index]!)),
    )
  );
}

/** `config` with an init segment in place of the decoder's extra data. */
function selfDescribed<Config extends VideoConfig | AudioConfig>(
  { description: _, ...config }: Config,
  init: Uint8Array,
): Omit<Config, "description"> {
  return { ...config, container: { kind: "cmaf", init: init.toBase64() } };
}

/** Publishes the clip once in real time, ends early when `signal` aborts. */
async function publish(
  broadcast: BroadcastProducer,
  { media, inits, signal }: {
    readonly media: Media;
    readonly inits: readonly Uint8Array[];
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const renditions: { video: VideoSection; audio: AudioSection } = {
    video: { renditions: {} },
    audio: { renditions: {} },
  };
  const writing = media.tracks.map((track, index) => {
    const init = inits[index]!;
    Object.assign(renditions[track.kind].renditions, {
      [track.kind]: selfDescribed(track.config, init),
    });
    const producer = broadcast.createTrack(track.kind);
    return write(producer, { track, init, signal });
  });
  new CatalogProducer(broadcast).update(renditions);
  await Promise.all(writing);
}

async function write(
  producer: TrackProducer,
  { track, init, signal }: {
    readonly track: MediaTrack;
    readonly init: Uint8Array;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const container = openCmaf(init);
  const startMs = systemClock.now();
  let group: GroupProducer | undefined;
  try {
    for await (const packet of track.packets(signal)) {
      const dueMs = startMs + packet.timestampUs / 1000;
      await sleep(systemClock, Math.max(0, dueMs - systemClock.now()), signal);
      if (packet.isKeyframe) {
        group?.close();
        group = producer.group();
      }
      const timestamp = Math.round(packet.timestampUs / 1000);
      group?.writeFrame({ timestamp, payload: container.encode(packet) });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  group?.close();
}

Deno.test({
  name: "hang-watch: plays CMAF that describes itself",
  ignore: path === undefined,
  async fn() {
    const bytes = await Deno.readFile(CLIP);
    const media = await openMedia({
      size: bytes.byteLength,
      read: (start, end) => Promise.resolve(bytes.subarray(start, end)),
    });
    const relay = await freshRelay();
    const server = pageFrom(18_100, { relay: urlOf(relay) });
    const stop = new AbortController();
    await using session = await connect(urlOf(relay), { role: "publisher" });
    const broadcast = new BroadcastProducer();
    session.publish("cmaf", broadcast);
    const inits = initsOf(bytes);
    const publishing = publish(broadcast, {
      media,
      inits,
      signal: stop.signal,
    });
    await using chromium = await Chromium.launch(path!, [
      "--autoplay-policy=no-user-gesture-required",
    ]);
    try {
      const page = await chromium.page();
      await page.goto(`http://127.0.0.1:${server.addr.port}/`);
      await page.until(
        `${PLAYER}?.stats?.shownFrames > 30 && ${PLAYER}.stats.decodedSounds > 50`,
        8000,
      );
      const { hertz } = await tone(page);
      assert.ok(Math.abs(hertz - 440) < 6, `${hertz} Hz`);
    } finally {
      stop.abort();
      await publishing;
      broadcast.close();
      media.close();
      await server.shutdown();
      await relay.close();
    }
  },
});
