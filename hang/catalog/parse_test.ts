import assert from "node:assert/strict";
import fc from "fast-check";
import { MoqError } from "@moq-deno/lite";
import { knownContainer } from "./container_config.ts";
import { checkCatalog, MAX_CATALOG_BYTES, parseCatalog } from "./parse.ts";

const encode = (value: unknown): Uint8Array =>
  new TextEncoder().encode(
    typeof value === "string" ? value : JSON.stringify(value),
  );

const NEWEST = {
  video: {
    renditions: {
      hd: {
        codec: "avc1.64001f",
        container: { kind: "cmaf", init: "AAAACGZ0eXA=" },
        description: "0164001f",
        codedWidth: 1280,
        codedHeight: 720,
        displayAspectWidth: 16,
        displayAspectHeight: 9,
        framerate: 29.97,
        bitrate: 6_000_000,
        optimizeForLatency: true,
        stalled: false,
        jitter: 34,
        delay: 20,
        label: "Stage",
        broadcast: "../source",
        fromTheFuture: { a: [1, null] },
      },
      next: { codec: "avc1.64001f", container: { kind: "warp", x: 1 } },
    },
    display: { width: 1280, height: 720 },
    rotation: 90,
    flip: true,
  },
  audio: {
    renditions: {
      sound: {
        codec: "opus",
        container: { kind: "loc" },
        sampleRate: 48000,
        numberOfChannels: 2,
      },
    },
  },
  text: { renditions: { en: { format: "vtt" } } },
  scte35: [1, { two: null }],
};

Deno.test("parseCatalog keeps every field of the newest form, known or not", () => {
  const { catalog, problems } = parseCatalog(encode(NEWEST));
  assert.deepEqual(problems, []);
  assert.deepEqual(JSON.parse(JSON.stringify(catalog)), NEWEST);
});

Deno.test("parseCatalog leaves out a bad rendition and names its field", () => {
  const good = { codec: "vp8" };
  const cases: [unknown, string][] = [
    [{}, "codec to be a codec string, got nothing"],
    [7, "to be an object, got 7"],
    [{ codec: "" }, 'codec to be a string that is not empty, got ""'],
    [
      { ...good, codedWidth: -1 },
      "codedWidth to be an integer from 0 to 2^53-1, got -1",
    ],
    [
      { ...good, codedWidth: 640 },
      "codedHeight to be given together with codedWidth, got nothing",
    ],
    [
      { ...good, displayAspectHeight: 9 },
      "displayAspectWidth to be given together with displayAspectHeight, got nothing",
    ],
    [
      { ...good, framerate: "30" },
      'framerate to be a number above 0, got "30"',
    ],
    [{ ...good, stalled: 1 }, "stalled to be true or false, got 1"],
    [
      { ...good, description: "0g" },
      'description to be pairs of hex digits, got "0g"',
    ],
    [
      { ...good, container: "legacy" },
      'container to be an object, got "legacy"',
    ],
    [
      { ...good, container: { kind: "cmaf" } },
      "container.init to be base64 of an init segment, got nothing",
    ],
    [
      { ...good, container: { kind: "cmaf", init: "%" } },
      'container.init to be base64 of an init segment, got "%"',
    ],
    [{ ...good, jitter: -2 }, "jitter to be a number above 0, got -2"],
  ];
  for (const [bad, message] of cases) {
    const { catalog, problems } = checkCatalog({
      video: { renditions: { bad, good } },
    });
    assert.deepEqual(catalog.video, { renditions: { good } });
    assert.equal(problems.length, 1);
    assert.equal(problems[0]!.code, "decode");
    const gap = message.startsWith("to be") ? " " : ".";
    assert.equal(
      problems[0]!.message,
      `Expected video.renditions.bad${gap}${message}`,
    );
  }
});

Deno.test("parseCatalog keeps the video when the audio section is foreign", () => {
  const { catalog, problems } = checkCatalog({
    video: { renditions: { v: { codec: "vp8" } }, display: { width: 0 } },
    audio: "loud",
  });
  assert.deepEqual(catalog, { video: { renditions: { v: { codec: "vp8" } } } });
  assert.deepEqual(problems.map(({ message }) => message), [
    "Expected video.display.width to be an integer above 0, got 0",
    'Expected audio to be an object, got "loud"',
  ]);
});

Deno.test("parseCatalog normalises what has several spellings", () => {
  const { catalog } = checkCatalog({
    video: {
      renditions: {
        v: {
          codec: "avc1.4d401e",
          description: "0A0B",
          displayRatioWidth: 4,
          displayRatioHeight: 3,
          jitter: 33.4,
          delay: 0,
          label: null,
        },
      },
      rotation: -91,
    },
  });
  assert.deepEqual(catalog.video, {
    renditions: {
      v: {
        codec: "avc1.4d401e",
        description: "0a0b",
        displayAspectWidth: 4,
        displayAspectHeight: 3,
        jitter: 34,
      },
    },
    rotation: 270,
  });
});

Deno.test("parseCatalog reads the arrays and priorities of the 2025 form", () => {
  const { catalog, problems } = checkCatalog({
    video: [{
      track: { name: "video/hd", priority: 60 },
      config: {
        codec: "avc1.640028",
        codedWidth: 1920,
        codedHeight: 1080,
        displayAspectWidth: 1920,
        displayAspectHeight: 1080,
      },
    }, { track: { name: "video/sd", priority: 60 }, config: { codec: "vp8" } }],
    audio: {
      track: { name: "audio/data", priority: 80 },
      config: { codec: "opus", sampleRate: 48000, numberOfChannels: 1 },
    },
    user: { name: "Ada" },
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(Object.keys(catalog.video!.renditions), [
    "video/hd",
    "video/sd",
  ]);
  assert.deepEqual(catalog.video!.display, { width: 1920, height: 1080 });
  assert.deepEqual(catalog.audio!.renditions, {
    "audio/data": { codec: "opus", sampleRate: 48000, numberOfChannels: 1 },
  });
  assert.deepEqual(catalog.user, { name: "Ada" });
  const later = { renditions: { a: { codec: "vp8" } }, priority: 60 };
  assert.deepEqual(checkCatalog({ video: later }).catalog.video, later);
});

Deno.test("parseCatalog refuses what could exhaust the reader", () => {
  const many = Object.fromEntries(
    Array.from({ length: 65 }, (_, i) => [`v${i}`, { codec: "vp8" }]),
  );
  const refuses = (value: unknown, message: RegExp): void =>
    assert.throws(() => parseCatalog(encode(value)), {
      code: "decode",
      message,
    });
  refuses({ video: { renditions: many } }, /at most 64 renditions, got 65/);
  refuses(
    '{"a":'.repeat(70) + "1" + "}".repeat(70),
    /nests deeper than 64 levels/,
  );
  refuses("[".repeat(400_000), /in JSON/);
  refuses(" ".repeat(MAX_CATALOG_BYTES + 1), /at most 1048576 bytes/);
  refuses("[]", /Expected catalog to be an object, got \[\]/);
  assert.throws(() => parseCatalog(Uint8Array.of(0xff)), { code: "decode" });
});

Deno.test("parseCatalog treats __proto__ as a name like any other", () => {
  const { catalog } = parseCatalog(
    encode('{"video":{"renditions":{"__proto__":{"codec":"vp8"}}}}'),
  );
  assert.deepEqual(Object.entries(catalog.video!.renditions), [
    ["__proto__", { codec: "vp8" }],
  ]);
  assert.equal(
    Object.getPrototypeOf(catalog.video!.renditions),
    Object.prototype,
  );
});

Deno.test("parseCatalog gives a catalog or MoqError for any JSON in any field", () => {
  fc.assert(
    fc.property(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom("video", "audio", "codec", "container", "description"),
      (value, field) => {
        const rendition = { codec: "vp8", sampleRate: 1, numberOfChannels: 1 };
        const section = { renditions: { a: { ...rendition, [field]: value } } };
        const root = { video: section, audio: section, [field]: value };
        try {
          const { catalog } = parseCatalog(encode(root));
          // What passed once passes again: a republished catalog is in order.
          assert.deepEqual(
            checkCatalog(JSON.parse(JSON.stringify(catalog))).problems,
            [],
          );
        } catch (error) {
          assert.ok(error instanceof MoqError, String(error));
        }
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("parseCatalog gives a catalog or MoqError for random bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    try {
      parseCatalog(bytes);
    } catch (error) {
      assert.ok(error instanceof MoqError, String(error));
    }
  }));
});

Deno.test("knownContainer defaults to legacy and knows no future kind", () => {
  assert.deepEqual(knownContainer({}), { kind: "legacy" });
  assert.equal(
    knownContainer({ container: { kind: "warp" } }),
    undefined,
  );
});
