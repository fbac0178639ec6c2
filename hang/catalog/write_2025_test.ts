import assert from "node:assert/strict";
import { BroadcastProducer } from "@moq-deno/lite";
import { consumeCatalog } from "./consumer.ts";
import { CatalogProducer } from "./producer.ts";
import { catalogIn } from "./write_2025.ts";
import { checkCatalog } from "./parse.ts";

const AVC = { codec: "avc1.640028", codedWidth: 1920, codedHeight: 1080 };
const OPUS = { codec: "opus", sampleRate: 48000, numberOfChannels: 2 };
const SIDES = {
  user: { id: "7", name: "Ada", avatar: "https://x/a.png", color: "#00f" },
  capabilities: { video: { hardware: ["avc1.640028"], unsupported: ["av01"] } },
  scoreboard: { home: 3 },
};
const TODAY = {
  video: {
    renditions: {
      hd: { ...AVC, container: { kind: "legacy" }, jitter: 34, label: "HD" },
      loc: { codec: "vp8", container: { kind: "loc" } },
      far: { codec: "vp8", broadcast: "../far" },
    },
    display: { width: 1920, height: 1080 },
    rotation: 90,
    flip: true,
    detection: { track: { name: "video/detection.json" } },
  },
  audio: {
    renditions: { sound: { ...OPUS, delay: 5 } },
    captions: { track: { name: "audio/captions.txt" } },
    speaking: { track: { name: "audio/speaking.bool", priority: 51 } },
  },
  chat: { message: { name: "chat/message.txt" } },
  location: {
    initial: { x: -1 },
    track: { name: "location/window.json" },
    handle: "ada",
    peers: { name: "location/peers.json", priority: 21 },
  },
  preview: { name: "preview.json" },
  clock: { wall: 1 },
  text: { renditions: { en: { format: "vtt" } } },
  ...SIDES,
};

const ROOM = {
  chat: { message: { name: "chat/message.txt", priority: 90 } },
  location: {
    initial: { x: -1 },
    track: { name: "location/window.json", priority: 20 },
    handle: "ada",
    peers: { name: "location/peers.json", priority: 21 },
  },
  preview: { name: "preview.json", priority: 10 },
  ...SIDES,
};
const CAPTIONS = { track: { name: "audio/captions.txt", priority: 70 } };
const SPEAKING = { track: { name: "audio/speaking.bool", priority: 51 } };
const DETECTION = { track: { name: "video/detection.json", priority: 30 } };

const SECTIONS = {
  video: {
    priority: 60,
    renditions: { hd: AVC },
    display: { width: 1920, height: 1080 },
    rotation: 90,
    flip: true,
    detection: DETECTION,
  },
  audio: {
    priority: 80,
    renditions: { sound: OPUS },
    captions: CAPTIONS,
    speaking: SPEAKING,
  },
  ...ROOM,
};

const ARRAYS = {
  video: [{
    track: { name: "hd", priority: 60 },
    config: { ...AVC, rotation: 90, flip: true },
  }],
  audio: [{
    track: { name: "sound", priority: 80 },
    config: OPUS,
    captions: CAPTIONS,
    speaking: SPEAKING,
  }],
  detection: DETECTION,
  ...ROOM,
};

Deno.test("CatalogProducer writes both forms of 2025 with every priority", async () => {
  const forms = [["2025", SECTIONS], ["2025-arrays", ARRAYS]] as const;
  for (const [form, expected] of forms) {
    const broadcast = new BroadcastProducer();
    const producer = new CatalogProducer(broadcast, { form });
    producer.update(TODAY);
    const { value: group } = await broadcast.consume().track("catalog.json")
      .subscribe()[Symbol.asyncIterator]().next();
    const { value: frame } = await group!.frames().next();
    const text = new TextDecoder().decode(frame!.payload);
    assert.deepEqual(JSON.parse(text), expected);
    const read = consumeCatalog(broadcast.consume());
    const { value: back } = await read.next();
    assert.deepEqual(back!.audio!.captions, CAPTIONS);
    assert.deepEqual(back!.video!.detection, DETECTION);
    assert.equal(back!.video!.rotation, 90);
    assert.equal(back!.video!.flip, true);
    assert.deepEqual(Object.keys(back!.video!.renditions), ["hd"]);
    await read.return();
  }
});

Deno.test("catalogIn: what was read of 2025 is written as it was", () => {
  const { catalog, problems } = checkCatalog(SECTIONS);
  assert.deepEqual(problems, []);
  assert.deepEqual(catalogIn("2025", catalog), SECTIONS);
  assert.equal(catalogIn(undefined, catalog), catalog);
});

Deno.test("checkCatalog leaves out an old entry without a track and names it", () => {
  const { catalog, problems } = checkCatalog({
    ...ARRAYS,
    video: [{ config: AVC }, ...ARRAYS.video, 7],
    audio: [...ARRAYS.audio, { track: { name: "" }, config: OPUS }],
  });
  assert.deepEqual(Object.keys(catalog.video!.renditions), ["hd"]);
  assert.deepEqual(Object.keys(catalog.audio!.renditions), ["sound"]);
  assert.deepEqual(problems.map(({ message }) => message), [
    "Expected video[0].track to be an object, got nothing",
    "Expected video[2] to be an object, got 7",
    'Expected audio[1].track.name to be a string that is not empty, got ""',
  ]);
});
