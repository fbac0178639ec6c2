import assert from "node:assert/strict";
import { checkCatalog } from "./parse.ts";
import { parseDetections, parsePreviewFrame } from "./room_frames.ts";
import { parsePosition } from "./room.ts";
import { CLOCK_EPOCH_MS, clockAt, wallOf } from "./timing.ts";

const NEWEST = {
  text: {
    renditions: {
      en: { format: "vtt", role: "caption", lang: "en", label: "English" },
      xx: { format: "hieroglyphs", role: "chorus", future: [1] },
    },
  },
  json: {
    tracks: {
      score: { mode: "snapshot", compression: "deflate", schema: "x", n: 1 },
    },
  },
  binary: {
    tracks: { klv: { mode: "stream", mime: "application/x-klv", delay: 5 } },
  },
  clock: { wall: 208_000_000_000_000, timescale: 1_000_000 },
  archive: {
    track: "timeline.z",
    timescale: 90_000,
    durationMax: 540_000,
    replay: "../past",
    store: "https://example.com/past/",
    version: 1,
  },
};

const ROOM = {
  video: {
    renditions: {},
    detection: { track: { name: "video/detection.json", priority: 30 } },
  },
  audio: {
    renditions: {},
    captions: { track: { name: "audio/captions.txt", priority: 70 } },
    speaking: { track: { name: "audio/speaking.bool", priority: 50 } },
  },
  user: { id: "7", name: "Ada", avatar: "https://x/a.png", color: "#00f" },
  chat: {
    message: { name: "chat/message.txt", priority: 90 },
    typing: { name: "chat/typing.bool", priority: 40 },
  },
  location: {
    initial: { x: -1, y: 0.5, z: 3, s: 2 },
    track: { name: "location/window.json", priority: 20 },
    handle: "ada",
    peers: { name: "location/peers.json", priority: 20 },
  },
  preview: { name: "preview.json", priority: 10 },
  capabilities: { video: { hardware: ["avc1.640028"], unsupported: ["av01"] } },
};

Deno.test("checkCatalog keeps every section of today and of 2025 as it came", () => {
  for (const form of [NEWEST, ROOM]) {
    const { catalog, problems } = checkCatalog(form);
    assert.deepEqual(problems, []);
    assert.deepEqual(JSON.parse(JSON.stringify(catalog)), form);
  }
});

Deno.test("checkCatalog leaves out what is wrong in a section and names it", () => {
  const { catalog, problems } = checkCatalog({
    text: { renditions: { a: { role: "caption" }, b: { format: "utf8" } } },
    json: { tracks: { a: {}, b: { mode: "stream", schema: 7 } } },
    binary: "all of it",
    clock: { wall: 1, timescale: 0 },
    archive: { timescale: 1000 },
    user: { name: 7 },
    chat: { message: { name: "m", priority: 256 } },
    location: { initial: { x: 2 } },
    preview: "p",
    capabilities: { audio: { software: [1] } },
    audio: { renditions: {}, speaking: {} },
  });
  assert.deepEqual(catalog, {
    text: { renditions: { b: { format: "utf8" } } },
    json: { tracks: {} },
    audio: { renditions: {} },
  });
  assert.deepEqual(problems.map(({ message }) => message), [
    "Expected audio.speaking.track to be an object, got nothing",
    "Expected text.renditions.a.format to be a string, got nothing",
    "Expected json.tracks.a.mode to be a string, got nothing",
    "Expected json.tracks.b.schema to be a string that is not empty, got 7",
    'Expected binary to be an object, got "all of it"',
    "Expected clock.timescale to be an integer above 0, got 0",
    "Expected archive.track to be a string, got nothing",
    "Expected user.name to be a string that is not empty, got 7",
    "Expected chat.message.priority to be 0 to 255, got 256",
    "Expected location.initial.x to be a number from -1 to 1, got 2",
    'Expected preview to be an object, got "p"',
    "Expected capabilities.audio.software to be an array of strings, got [1]",
  ]);
});

Deno.test("checkCatalog counts text among the renditions", () => {
  const many = (config: unknown, count: number) => ({
    renditions: Object.fromEntries(
      Array.from({ length: count }, (_, i) => [`t${i}`, config]),
    ),
  });
  const video = many({ codec: "vp8" }, 32);
  const texts = (count: number) => many({ format: "vtt" }, count);
  checkCatalog({ video, text: texts(32) });
  assert.throws(
    () => checkCatalog({ video, text: texts(33) }),
    /at most 64 renditions, got 65/,
  );
});

Deno.test("clockAt and wallOf agree on when timestamp 0 is", () => {
  const now = Date.UTC(2026, 10, 21, 12, 30, 0, 250);
  assert.equal(wallOf(clockAt(now)), now);
  assert.deepEqual(clockAt(CLOCK_EPOCH_MS), { wall: 0 });
  assert.equal(
    wallOf({ wall: 90_000, timescale: 90_000 }),
    Date.UTC(2020, 0, 1, 0, 0, 1),
  );
  assert.throws(() => clockAt(0), RangeError);
});

Deno.test("frames of side tracks are read field by field", () => {
  const seen = { label: "cat", score: 0.9, x: 0, y: 0.5, w: 0.25, h: 1 };
  assert.deepEqual(parseDetections([seen]), [seen]);
  assert.throws(
    () => parseDetections([seen, { ...seen, w: 1.5 }]),
    /detections\[1\]\.w to be a number from 0 to 1, got 1\.5/,
  );
  assert.throws(() => parseDetections({}), /to be an array, got \{\}/);
  const preview = { name: "Ada", audio: true, speaking: false };
  assert.deepEqual(parsePreviewFrame({ ...preview, mood: 1 }), preview);
  assert.throws(() => parsePreviewFrame({ audio: 1 }), /preview\.audio/);
  assert.deepEqual(parsePosition({ x: 0.5, z: 9 }, "p"), { x: 0.5, z: 9 });
});
