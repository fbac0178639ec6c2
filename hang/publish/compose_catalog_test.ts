import assert from "node:assert/strict";
import { checkCatalog } from "../catalog/parse.ts";
import { composeCatalog } from "./compose_catalog.ts";

const VIDEO = { codec: "vp8", codedWidth: 64, codedHeight: 36 };
const AUDIO = { codec: "opus", sampleRate: 48_000, numberOfChannels: 1 };

Deno.test("composeCatalog: has media, the person and added sections", () => {
  const catalog = composeCatalog({
    sections: {
      chat: { message: { name: "chat/message.txt" } },
      json: { tracks: { "score.json": { mode: "snapshot" } } },
      game: { level: 3 },
    },
    presence: {
      user: { name: "Ada" },
      chat: { typing: { name: "chat/typing.bool" } },
    },
    clock: { wall: 1 },
    video: [["video/hd", VIDEO]],
    audio: ["audio/data", AUDIO],
  });
  assert.deepEqual(checkCatalog(catalog).problems, []);
  assert.deepEqual(Object.keys(catalog.chat ?? {}), ["typing", "message"]);
  assert.deepEqual(Object.keys(catalog.json?.tracks ?? {}), [
    "score.json",
    "marks.json",
  ]);
  assert.deepEqual(catalog.video?.renditions, { "video/hd": VIDEO });
  assert.deepEqual(catalog.audio?.renditions, { "audio/data": AUDIO });
  assert.deepEqual(catalog.game, { level: 3 });
});

Deno.test("composeCatalog: no section for media that is not there", () => {
  const catalog = composeCatalog({
    sections: {},
    presence: {},
    clock: { wall: 1 },
    video: [],
    audio: undefined,
  });
  assert.deepEqual(Object.keys(catalog), ["clock", "json"]);
});
