import assert from "node:assert/strict";
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { MoqError } from "../error.ts";
import { BroadcastProducer } from "../model/broadcast.ts";
import type { TrackProducer } from "../model/track.ts";
import {
  type Compression,
  consumeSnapshots,
  consumeStream,
  consumeWindow,
  diffJson,
  mergePatch,
  SnapshotProducer,
  StreamProducer,
  type WindowEvent,
  WindowProducer,
} from "./mod.ts";

const SYNC = { finishFlush: constants.Z_SYNC_FLUSH };
const MARKER = [0, 0, 0xff, 0xff];

/** DEFLATE as it is on the wire. It inflates a group anew for each frame, and deflates each frame by itself. */
const ZLIB: Compression = {
  deflate: () => ({
    frame: (bytes) =>
      Uint8Array.from(deflateRawSync(bytes, SYNC)).subarray(0, -MARKER.length),
  }),
  inflate(maxBytes) {
    const wire: number[] = [];
    let known = 0;
    return {
      frame(bytes) {
        wire.push(...bytes, ...MARKER);
        const maxOutputLength = known + maxBytes;
        const all = inflateRawSync(Uint8Array.from(wire), {
          ...SYNC,
          maxOutputLength,
        });
        const frame = Uint8Array.from(all).subarray(known);
        known = all.byteLength;
        return frame;
      },
    };
  },
};

const newTrack = (): TrackProducer =>
  new BroadcastProducer().createTrack("json");

const bytesOf = (value: unknown): Uint8Array =>
  new TextEncoder().encode(
    typeof value === "string" ? value : JSON.stringify(value),
  );

/** Frames of each group that is still there, in hexadecimal. */
function wireOf({ track }: TrackProducer): string[][] {
  return track.groups.cached().map((group) => {
    let timestamp = 0;
    return Array.from({ length: group.frameCount }, (_, index) => {
      const frame = group.frame(index, timestamp)!;
      timestamp = frame.timestamp;
      return frame.payload.toHex();
    });
  });
}

function replay(groups: readonly (readonly string[])[]): TrackProducer {
  const track = newTrack();
  for (const frames of groups) {
    const group = track.group();
    for (const frame of frames) {
      group.writeFrame({ timestamp: 0, payload: Uint8Array.fromHex(frame) });
    }
    group.close();
  }
  return track;
}

const HD = { codec: "avc1.64001f" };
const SD = { codec: "avc1.64001e" };
const VALUES = [
  { video: { renditions: { hd: HD } } },
  { video: { renditions: { hd: HD, sd: SD } } },
  { video: { renditions: { sd: SD } }, n: 1 },
  { video: { renditions: { sd: SD } }, n: null },
];

// From @moq/json 0.3.3: the values above, then three pushes with a pop before the last, then three records of a log.
const PEER = {
  snapshots: [[
    "aa562acb4c49cd57b2aa562a4acd4bc92cc9cccf2b06f132524064727e4a6ab29295526259b2a19e99898181619a526d6d6d2d00",
    "aac6a5ad1887b654b0360000",
    "c2a90d645b5e694e4e6dad8e529e9295612d00",
  ], [
    "aa562acb4c49cd57b2aa562a4acd4bc92cc9cccf2b06f18a534064727e4a6ab29295526259b2a19e9989818161aa526d6dad8e529e92555e694e4e2d00",
  ]],
  window: [[
    "aa56ca4f4b2b4e2d51b232d0512a4a4dce2f4a2956b28aae562a4e4dcf4dcd83881794142b5919d4c6d60200",
    "aa562a282dce50b2429236844a1b191818d4d60200",
    "aa562ac82f50b232ac0500",
    "c2a2d208aad204ac1200",
  ]],
  stream: [["aa564a54b232ac0500", "aa065146b50000", "522ac9284a4d550200"]],
};

Deno.test("consumeSnapshots reads what a peer compressed, patch by patch", async () => {
  const compression = ZLIB;
  const track = replay([PEER.snapshots[0]!]);
  track.close();
  const read = consumeSnapshots(track.consume(), { compression });
  assert.deepEqual(await Array.fromAsync(read), [VALUES[2]]);
  for (const [count, value] of VALUES.slice(0, 3).entries()) {
    const part = replay([PEER.snapshots[0]!.slice(0, count + 1)]);
    const values = consumeSnapshots(part.consume(), { compression });
    assert.deepEqual((await values.next()).value, value);
    await values.return();
  }
});

Deno.test("consumeWindow and consumeStream read what a peer compressed", async () => {
  const compression = ZLIB;
  const window = replay(PEER.window);
  window.close();
  assert.deepEqual(
    await Array.fromAsync(consumeWindow(window.consume(), { compression })),
    [
      { kind: "push", index: 0, value: { segment: 0, pts: 0 } },
      { kind: "push", index: 1, value: { segment: 1, pts: 2000 } },
      { kind: "pop", start: 0, end: 1 },
      { kind: "push", index: 2, value: { segment: 2, pts: 4000 } },
    ],
  );
  const stream = replay(PEER.stream);
  stream.close();
  assert.deepEqual(
    await Array.fromAsync(consumeStream(stream.consume(), { compression })),
    [{ a: 1 }, { a: 2 }, "three"],
  );
});

Deno.test("the producers write the frames that the peer writes", () => {
  const texts = (track: TrackProducer): string[][] =>
    wireOf(track).map((group) =>
      group.map((hex) => new TextDecoder().decode(Uint8Array.fromHex(hex)))
    );
  const snapshots = newTrack();
  const snapshot = new SnapshotProducer(snapshots);
  for (const value of VALUES) snapshot.update(value);
  snapshot.update(VALUES.at(-1));
  assert.deepEqual(texts(snapshots), [[
    '{"video":{"renditions":{"hd":{"codec":"avc1.64001f"}}}}',
    '{"video":{"renditions":{"sd":{"codec":"avc1.64001e"}}}}',
    '{"video":{"renditions":{"hd":null}},"n":1}',
  ], ['{"video":{"renditions":{"sd":{"codec":"avc1.64001e"}}},"n":null}']]);

  const windows = newTrack();
  const window = new WindowProducer(windows);
  window.push({ segment: 0 });
  window.push({ segment: 1 });
  window.pop(1);
  window.pop(0);
  assert.deepEqual([window.offset, window.length], [1, 1]);
  assert.deepEqual(texts(windows), [[
    '{"offset":0,"records":[{"segment":0}]}',
    '{"push":{"segment":1}}',
    '{"pop":1}',
  ]]);
});

Deno.test("SnapshotProducer begins a group when the patches have outgrown it, and for each change when asked to", () => {
  const sizes = (deltaRatio: number | undefined): number[] => {
    const track = newTrack();
    const producer = new SnapshotProducer(track, { deltaRatio });
    for (let n = 0; n < 40; n++) producer.update({ text: "0123456789", n });
    return wireOf(track).map((group) => group.length);
  };
  assert.deepEqual(sizes(1), new Array(8).fill(5));
  assert.deepEqual(sizes(0), new Array(40).fill(1));
});

Deno.test("diffJson and mergePatch are each other's inverse, or a patch is refused", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
      const [from, to] = [{ a: one, b: other, c: 1 }, { b: one, c: other }]
        .map((value) => JSON.parse(JSON.stringify(value)));
      const patch = diffJson(from, to);
      if (patch) {
        const wire = JSON.parse(JSON.stringify(patch));
        assert.deepEqual(mergePatch(from, wire), to);
      } else assert.match(JSON.stringify(to), /null/);
    }),
  );
  assert.deepEqual(diffJson({ a: { b: [1], c: 2 } }, { a: { b: [2], c: 2 } }), {
    a: { b: [2] },
  });
  assert.equal(diffJson([1], [2]), undefined);
});

for (const compression of [undefined, ZLIB]) {
  const how = compression ? "compressed" : "plain";

  Deno.test(`snapshots, ${how}: a reader ends with the value that was written last, whatever came before`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1 }),
        fc.nat({ max: 3 }),
        async (values, deltaRatio) => {
          const track = newTrack();
          const options = { compression, deltaRatio };
          const producer = new SnapshotProducer(track, options);
          for (const value of values) producer.update(value);
          producer.close();
          const read = await Array.fromAsync(
            consumeSnapshots(track.consume(), { compression }),
          );
          const last = JSON.parse(JSON.stringify(values.at(-1)));
          assert.deepEqual(
            JSON.parse(JSON.stringify(read.at(-1))),
            last,
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  Deno.test(`window, ${how}: a reader that keeps up and one that joins late know the same records`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 60 }),
        fc.nat({ max: 2 }),
        async (steps, deltaRatio) => {
          const track = newTrack();
          const producer = new WindowProducer(track, {
            compression,
            deltaRatio,
          });
          const early = new WindowModel();
          const reading = early.follow(track, compression);
          for (const [n, step] of steps.entries()) {
            if (step < 0) producer.pop(-step);
            else producer.push({ n });
            if (step === 0) await new Promise((r) => setTimeout(r, 0));
          }
          const late = new WindowModel();
          producer.push("last");
          const end = producer.offset + producer.length;
          producer.close();
          await Promise.all([reading, late.follow(track, compression)]);
          assert.equal(late.end, end);
          assert.equal(early.end, end);
          assert.deepEqual(late.records, early.records);
          assert.equal(late.records.size, producer.length);
        },
      ),
      { numRuns: 30 },
    );
  });

  Deno.test(`stream, ${how}: every record arrives, over the bounds of a group`, async () => {
    const track = newTrack();
    const producer = new StreamProducer(track, { compression });
    const count = compression ? 300 : 9000;
    for (let n = 0; n < count; n++) producer.write({ n });
    producer.close();
    assert.equal(wireOf(track).length, compression ? 1 : 2);
    let next = 0;
    for await (
      const record of consumeStream(track.consume(), { compression })
    ) {
      assert.deepEqual(record, { n: next++ });
    }
    assert.equal(next, count);
  });
}

/** The records of a window as a reader knows them. */
class WindowModel {
  readonly records = new Map<number, unknown>();
  end = 0;

  async follow(
    track: TrackProducer,
    compression: Compression | undefined,
  ): Promise<void> {
    for await (const event of consumeWindow(track.consume(), { compression })) {
      this.#apply(event);
    }
  }

  #apply(event: WindowEvent): void {
    if (event.kind === "push") {
      assert.ok(event.index >= this.end, "a record is told once");
      this.records.set(event.index, event.value);
      this.end = event.index + 1;
      return;
    }
    for (let at = event.start; at < event.end; at++) {
      assert.equal(this.records.delete(at), event.kind === "pop");
    }
    this.end = Math.max(this.end, event.end);
  }
}

Deno.test("consumeSnapshots waits, and leaves a group that stays open when a newer one comes", async () => {
  const track = newTrack();
  const values = consumeSnapshots(track.consume());
  const first = values.next();
  track.group().writeFrame({ timestamp: 0, payload: bytesOf({ a: 1 }) });
  assert.deepEqual((await first).value, { a: 1 });
  const second = values.next();
  track.group().writeFrame({ timestamp: 0, payload: bytesOf({ a: 2 }) });
  assert.deepEqual((await second).value, { a: 2 });
  await values.return();
  assert.equal(track.track.subscriptions.size, 0);
});

Deno.test("consumeSnapshots passes over a group that cannot be read, and throws when there was no other", async () => {
  const bombs: Uint8Array[] = [
    bytesOf("{"),
    bytesOf('{"a":'.repeat(70) + "1" + "}".repeat(70)),
    Uint8Array.of(0xff),
  ];
  for (const payload of bombs) {
    const track = newTrack();
    const warnings: unknown[] = [];
    const values = consumeSnapshots(track.consume(), {
      maxBytes: 1000,
      log: { warn: (message) => warnings.push(message) },
    });
    const first = values.next();
    track.writeFrame({ timestamp: 0, payload });
    await new Promise((resolve) => setTimeout(resolve, 0));
    track.writeFrame({ timestamp: 0, payload: bytesOf({ good: true }) });
    assert.deepEqual((await first).value, { good: true });
    assert.deepEqual(warnings, ["group not readable"]);
    await values.return();

    const bad = newTrack();
    bad.writeFrame({ timestamp: 0, payload });
    bad.close();
    await assert.rejects(
      consumeSnapshots(bad.consume(), { maxBytes: 1000 }).next(),
      { code: "decode" },
    );
  }
});

Deno.test("consumeSnapshots bounds what small patches add up to, and what a small frame inflates to", async () => {
  const track = newTrack();
  const group = track.group();
  group.writeFrame({ timestamp: 0, payload: bytesOf({}) });
  for (const name of "abcdefgh") {
    const payload = bytesOf({ [name]: "x".repeat(200) });
    group.writeFrame({ timestamp: 0, payload });
  }
  track.close();
  group.close();
  const options = { maxBytes: 1000 };
  await assert.rejects(consumeSnapshots(track.consume(), options).next(), {
    code: "too-large",
    message:
      /^Track "json" is read no further: .* at most 1000 bytes, got \d+ after a patch/,
  });

  const bomb = newTrack();
  const payload = ZLIB.deflate().frame(bytesOf(`"${"x".repeat(1e6)}"`));
  assert.ok(payload.byteLength < 2000);
  bomb.writeFrame({ timestamp: 0, payload });
  bomb.close();
  await assert.rejects(
    consumeStream(bomb.consume(), { maxBytes: 1000, compression: ZLIB }).next(),
    { code: "decode", message: /compressed frame of at most 1000 bytes/ },
  );
});

Deno.test("consumeWindow tells what it missed, and refuses a window that moves backwards", async () => {
  const track = newTrack();
  const events = consumeWindow(track.consume());
  const next = async (): Promise<unknown> => (await events.next()).value;
  const write = (...frames: unknown[]): void => {
    const group = track.group();
    for (const frame of frames) {
      group.writeFrame({ timestamp: 0, payload: bytesOf(frame) });
    }
  };
  write({ offset: 3, records: ["d", "e"] });
  assert.deepEqual(await next(), { kind: "push", index: 3, value: "d" });
  assert.deepEqual(await next(), { kind: "push", index: 4, value: "e" });
  let event = next();
  write({ offset: 7, start: 8, records: ["i"] });
  assert.deepEqual(await event, { kind: "pop", start: 3, end: 5 });
  assert.deepEqual(await next(), { kind: "skip", start: 5, end: 7 });
  assert.deepEqual(await next(), { kind: "skip", start: 7, end: 8 });
  assert.deepEqual(await next(), { kind: "push", index: 8, value: "i" });
  event = next();
  for (
    const bad of [
      [{ offset: 6, records: ["old"] }],
      [{ offset: 7, records: [] }],
      [{ records: [] }],
      [{ offset: 2 ** 53, records: [] }],
      [[]],
      [{ offset: 7, start: 8, records: ["i"] }, { pop: 3 }],
      [{ offset: 7, start: 8, records: ["i"] }, { peek: 1 }],
    ]
  ) {
    write(...bad);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  write({ offset: 7, start: 8, records: ["i"] }, { pop: 2 }, { push: "j" });
  assert.deepEqual(await event, { kind: "pop", start: 7, end: 9 });
  assert.deepEqual(await next(), { kind: "push", index: 9, value: "j" });
  await events.return();
});

Deno.test("the readers give values or MoqError for any frames", async () => {
  const frames = fc.array(
    fc.oneof(
      fc.json().map(bytesOf),
      fc.uint8Array({ maxLength: 30 }),
      fc.record({ offset: fc.integer(), records: fc.array(fc.nat()) })
        .map(bytesOf),
    ),
    { maxLength: 5 },
  );
  await fc.assert(
    fc.asyncProperty(frames, fc.boolean(), async (payloads, isPlain) => {
      const options = { compression: isPlain ? undefined : ZLIB };
      for (const read of [consumeSnapshots, consumeWindow, consumeStream]) {
        const track = newTrack();
        const group = track.group();
        for (const payload of payloads) {
          group.writeFrame({ timestamp: 0, payload });
        }
        track.close();
        group.close();
        try {
          await Array.fromAsync<unknown>(read(track.consume(), options));
        } catch (error) {
          assert.ok(error instanceof MoqError, String(error));
        }
      }
    }),
  );
});

Deno.test("the readers end a wait with the signal's reason", async () => {
  for (const read of [consumeSnapshots, consumeWindow, consumeStream]) {
    const stop = new AbortController();
    const track = newTrack();
    const group = track.group();
    const values = read(track.consume(), { signal: stop.signal });
    const next = values.next();
    const reason = new MoqError("timeout", "Enough");
    stop.abort(reason);
    await assert.rejects(next, reason);
    group.close();
    assert.equal(track.track.subscriptions.size, 0);
  }
});

Deno.test("the producers refuse what JSON cannot say", () => {
  assert.throws(
    () => new SnapshotProducer(newTrack()).update(undefined),
    new TypeError("Expected a value for JSON, got undefined"),
  );
  assert.throws(() => new WindowProducer(newTrack()).pop(-1), RangeError);
});
