import { trackOf } from "@moq-deno/lite/internal";
import assert from "node:assert/strict";
import {
  BroadcastProducer,
  MoqError,
  type TrackProducer,
} from "@moq-deno/lite";
import { deflate } from "../deflate.ts";
import { consumeCatalog } from "./consumer.ts";
import { CatalogProducer } from "./producer.ts";

const encode = (value: unknown): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(value));

const vp8 = (...names: string[]) => ({
  video: {
    renditions: Object.fromEntries(
      names.map((name) => [name, { codec: "vp8" }]),
    ),
  },
});

function rawCatalog(): {
  readonly broadcast: BroadcastProducer;
  readonly track: TrackProducer;
} {
  const broadcast = new BroadcastProducer();
  return { broadcast, track: broadcast.createTrack("catalog.json") };
}

Deno.test("consumeCatalog gives a late reader the newest, then each update", async () => {
  const broadcast = new BroadcastProducer();
  const producer = new CatalogProducer(broadcast);
  producer.update(vp8("old"));
  producer.update(vp8("a"));
  const catalogs = consumeCatalog(broadcast.consume());
  assert.deepEqual((await catalogs.next()).value, vp8("a"));
  const next = catalogs.next();
  producer.update({ ...vp8("a", "b"), scte35: { kept: true } });
  assert.deepEqual((await next).value, {
    ...vp8("a", "b"),
    scte35: { kept: true },
  });
  producer.close();
  assert.equal((await catalogs.next()).done, true);
});

Deno.test("consumeCatalog applies merge patches in later frames of a group", async () => {
  const { broadcast, track } = rawCatalog();
  const catalogs = consumeCatalog(broadcast.consume());
  const group = track.group();
  group.writeFrame({ timestamp: 0, payload: encode(vp8("a", "b")) });
  assert.deepEqual((await catalogs.next()).value, vp8("a", "b"));
  const patch = { video: { renditions: { b: null, c: { codec: "vp8" } } } };
  group.writeFrame({ timestamp: 0, payload: encode(patch) });
  assert.deepEqual((await catalogs.next()).value, vp8("a", "c"));
  await catalogs.return(undefined);
});

Deno.test("consumeCatalog leaves an open group as soon as a newer one comes", async () => {
  const { broadcast, track } = rawCatalog();
  const catalogs = consumeCatalog(broadcast.consume());
  track.group().writeFrame({ timestamp: 0, payload: encode(vp8("a")) });
  assert.deepEqual((await catalogs.next()).value, vp8("a"));
  const next = catalogs.next();
  track.group().writeFrame({ timestamp: 0, payload: encode(vp8("b")) });
  assert.deepEqual((await next).value, vp8("b"));
  await catalogs.return(undefined);
});

Deno.test("consumeCatalog reads hangz, each update a compressed group of its own", async () => {
  const broadcast = new BroadcastProducer();
  const producer = new CatalogProducer(broadcast, { compression: deflate });
  producer.update(vp8("a"));
  const catalogs = consumeCatalog(broadcast.consume(), {
    format: "hangz",
    compression: deflate,
  });
  assert.deepEqual((await catalogs.next()).value, vp8("a"));
  const next = catalogs.next();
  producer.update(vp8(...Array.from({ length: 60 }, (_, i) => `v${i}`)));
  const { value } = await next;
  assert.equal(Object.keys(value!.video!.renditions).length, 60);
  const [plain, compressed] = ["catalog.json", "catalog.json.z"].map((name) =>
    trackOf(broadcast.consume().track(name)).groups.cached().at(-1)!.log.length
  );
  assert.ok(compressed! < plain! / 4, `${compressed} of ${plain} bytes`);
  await catalogs.return();
  assert.throws(
    () => consumeCatalog(broadcast.consume(), { format: "hangz" }),
    TypeError,
  );
});

Deno.test("consumeCatalog logs an unreadable update and goes on with the next", async () => {
  const { broadcast, track } = rawCatalog();
  const warned = Promise.withResolvers<string>();
  const catalogs = consumeCatalog(broadcast.consume(), {
    log: { warn: warned.resolve },
  });
  track.writeFrame({ timestamp: 0, payload: encode(vp8("a")) });
  assert.deepEqual((await catalogs.next()).value, vp8("a"));
  const next = catalogs.next();
  track.writeFrame({ timestamp: 0, payload: encode([]) });
  assert.equal(await warned.promise, "group not readable");
  track.writeFrame({ timestamp: 0, payload: encode(vp8("b")) });
  assert.deepEqual((await next).value, vp8("b"));
  await catalogs.return(undefined);
});

Deno.test("consumeCatalog throws why when no catalog was ever readable", async () => {
  const { broadcast, track } = rawCatalog();
  const catalogs = consumeCatalog(broadcast.consume());
  track.writeFrame({ timestamp: 0, payload: encode("no") });
  track.close();
  await assert.rejects(catalogs.next(), {
    code: "decode",
    message: 'Expected catalog to be an object, got "no"',
  });
});

Deno.test("consumeCatalog ends a wait with the signal's reason", async () => {
  const { broadcast } = rawCatalog();
  const stop = new AbortController();
  const catalogs = consumeCatalog(broadcast.consume(), { signal: stop.signal });
  const next = catalogs.next();
  const reason = new MoqError("timeout", "Enough");
  stop.abort(reason);
  await assert.rejects(next, reason);
});

Deno.test("consumeCatalog ends at a catalog that small deltas let grow too large", async () => {
  const { broadcast, track } = rawCatalog();
  const catalogs = consumeCatalog(broadcast.consume());
  const group = track.group();
  group.writeFrame({ timestamp: 0, payload: encode(vp8("a")) });
  await catalogs.next();
  for (const name of ["x", "y", "z"]) {
    group.writeFrame({
      timestamp: 0,
      payload: encode({ [name]: "x".repeat(400_000) }),
    });
  }
  await assert.rejects(catalogs.next(), {
    code: "too-large",
    message: /^Track "catalog.json" .* bytes, got \d+ after a patch/,
  });
});

Deno.test("consumeCatalog refuses more fields than a catalog needs", async () => {
  const { broadcast, track } = rawCatalog();
  const names = Array.from({ length: 20_000 }, (_, i) => [`k${i}`, 1]);
  const payload = encode({ ...vp8("a"), ...Object.fromEntries(names) });
  track.writeFrame({ timestamp: 0, payload });
  await assert.rejects(consumeCatalog(broadcast.consume()).next(), {
    code: "too-large",
    message:
      'Track "catalog.json" is read no further: Expected JSON of at most 16384 fields, got 20004',
  });
});

Deno.test("CatalogProducer refuses a catalog that a reader would not take", () => {
  const producer = new CatalogProducer(new BroadcastProducer());
  assert.throws(
    () => producer.update({ video: { renditions: { a: { codec: "" } } } }),
    new TypeError(
      'Expected video.renditions.a.codec to be a string that is not empty, got ""',
    ),
  );
  assert.equal(producer.current, undefined);
  const many = Array.from({ length: 20_000 }, (_, i) => [`k${i}`, 1]);
  assert.throws(
    () => producer.update({ app: Object.fromEntries(many) }),
    new RangeError("Expected a catalog of at most 16384 fields, got 20001"),
  );
});
