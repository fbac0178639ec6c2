import assert from "node:assert/strict";
import fc from "fast-check";
import { BroadcastProducer, MoqError } from "@moq-deno/lite";
import type { Catalog } from "./catalog.ts";
import { consumeCatalog } from "./consumer.ts";
import { catalogOfMsf, msfOf } from "./msf.ts";
import { CatalogProducer } from "./producer.ts";

const CATALOG: Catalog = {
  video: {
    renditions: {
      hd: {
        codec: "avc1.64001f",
        container: { kind: "cmaf", init: "AAAACGZ0eXA=" },
        codedWidth: 1280,
        codedHeight: 720,
        framerate: 30,
        bitrate: 2_000_000,
        jitter: 34,
      },
      sd: {
        codec: "avc1.42001e",
        container: { kind: "cmaf", init: "AAAACGZ0eXA=" },
        stalled: true,
      },
    },
  },
  audio: {
    renditions: {
      sound: {
        codec: "mp4a.40.2",
        container: { kind: "loc" },
        description: "1190",
        sampleRate: 48000,
        numberOfChannels: 2,
      },
    },
  },
};

Deno.test("msfOf says what draft-01 has words for, each init segment once", () => {
  assert.deepEqual(msfOf(CATALOG), {
    version: "draft-01",
    tracks: [
      {
        name: "hd",
        packaging: "cmaf",
        isLive: true,
        role: "video",
        codec: "avc1.64001f",
        bitrate: 2_000_000,
        jitter: 34,
        initRef: "init0",
        renderGroup: 1,
        altGroup: 1,
        width: 1280,
        height: 720,
        framerate: 30,
      },
      {
        name: "sd",
        packaging: "cmaf",
        isLive: true,
        role: "video",
        codec: "avc1.42001e",
        initRef: "init0",
        renderGroup: 1,
        altGroup: 1,
        stalled: true,
      },
      {
        name: "sound",
        packaging: "loc",
        isLive: true,
        role: "audio",
        codec: "mp4a.40.2",
        initRef: "init1",
        renderGroup: 1,
        samplerate: 48000,
        channelConfig: "2",
      },
    ],
    initDataList: [
      { id: "init0", type: "inline", data: "AAAACGZ0eXA=" },
      { id: "init1", type: "inline", data: "EZA=" },
    ],
  });
});

Deno.test("catalogOfMsf gives back what msfOf wrote", () => {
  const { catalog, problems } = catalogOfMsf(msfOf(CATALOG));
  assert.deepEqual(problems, []);
  assert.deepEqual(catalog, CATALOG);
});

Deno.test("msfOf leaves out what MSF cannot point to", () => {
  const { tracks } = msfOf({
    video: {
      renditions: {
        elsewhere: { codec: "vp8", broadcast: "../other" },
        unknown: { codec: "vp8", container: { kind: "warp" } },
      },
    },
  });
  assert.deepEqual(tracks, []);
});

Deno.test("catalogOfMsf reads draft-00, and leaves out a bad track by name", () => {
  const good = { name: "v", role: "video", packaging: "legacy", codec: "vp8" };
  const { catalog, problems } = catalogOfMsf({
    version: 1,
    tracks: [
      { ...good, initData: "AQI=" },
      { ...good, name: "no-init", packaging: "cmaf" },
      { ...good, name: undefined },
      { ...good, name: "bad-init", initData: "%" },
      { name: "timeline", packaging: "mediatimeline" },
      { name: "s", role: "audio", packaging: "loc", codec: "opus" },
    ],
  });
  assert.deepEqual(catalog, {
    video: {
      renditions: {
        v: {
          codec: "vp8",
          container: { kind: "legacy" },
          description: "0102",
        },
      },
    },
    audio: {
      renditions: {
        s: {
          codec: "opus",
          container: { kind: "loc" },
          sampleRate: 48000,
          numberOfChannels: 2,
        },
      },
    },
  });
  assert.deepEqual(problems.map(({ message }) => message), [
    "Expected tracks[2].name to be a string, got nothing",
    'Expected tracks[3].initData to be base64, got "%"',
    "Expected video.renditions.no-init.container.init to be base64 of an init segment, got nothing",
  ]);
});

Deno.test("catalogOfMsf gives a catalog or MoqError for any JSON", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (value, field) => {
      const track = { name: "a", role: "video", packaging: "loc", codec: "x" };
      for (
        const root of [
          value,
          { version: value, tracks: field },
          { version: 1, tracks: [{ ...track, initData: value, width: field }] },
          { version: 1, tracks: [track], initDataList: value },
        ]
      ) {
        try {
          catalogOfMsf(root);
        } catch (error) {
          assert.ok(error instanceof MoqError, String(error));
        }
      }
    }),
  );
});

Deno.test("consumeCatalog reads the MSF that CatalogProducer writes", async () => {
  const broadcast = new BroadcastProducer();
  const producer = new CatalogProducer(broadcast);
  producer.update({ ...CATALOG, user: { name: "Ada" } });
  const catalogs = consumeCatalog(broadcast.consume(), { format: "msf" });
  assert.deepEqual((await catalogs.next()).value, CATALOG);
  producer.close();
  assert.equal((await catalogs.next()).done, true);
});
