/**
 * What a draft cannot express, and what no draft allows.
 *
 * @module
 */
import assert from "node:assert/strict";
import { MoqError } from "../../lite/error.ts";
import { Writer } from "../../lite/bytes/cursor.ts";
import {
  type AnnounceStart,
  decodeAnnounceInit,
  decodeAnnouncement,
  decodeAnnounceRequest,
  encodeAnnouncement,
} from "../../lite/wire/announce.ts";
import { decodeFetch, encodeFetch } from "../../lite/wire/fetch.ts";
import { encodeGoaway } from "../../lite/wire/goaway.ts";
import { encodeGroupHeader } from "../../lite/wire/group.ts";
import { encodeClientSetup } from "../../lite/wire/in_band.ts";
import { decodeSetup, encodeSetup } from "../../lite/wire/setup.ts";
import {
  decodeSubscribe,
  encodeSubscribe,
  encodeSubscribeResponse,
} from "../../lite/wire/subscribe.ts";
import {
  decodeTrackInfo,
  decodeTrackRequest,
  encodeTrackInfo,
} from "../../lite/wire/track.ts";

const START: AnnounceStart = {
  kind: "start",
  suffix: "alice",
  hops: [300n, 7n],
  warm: 12,
  cold: 30,
};

/** The body of a short message without a type. */
function bodyOf(message: Uint8Array): Uint8Array {
  assert.equal(message[0], message.byteLength - 1);
  return message.subarray(1);
}

Deno.test("encodeAnnouncement refuses what the draft cannot express", () => {
  const restart = { ...START, kind: "restart", id: 0 } as const;
  assert.throws(() => encodeAnnouncement(restart, "05"), TypeError);
  const byPath = { kind: "end", suffix: "alice" } as const;
  assert.throws(() => encodeAnnouncement(byPath, "06"), TypeError);
  const byId = { kind: "end", id: 0 } as const;
  assert.throws(() => encodeAnnouncement(byId, "05"), TypeError);
});

Deno.test("encodeAnnouncement leaves out hops and costs on older drafts", () => {
  const heard = (version: "02" | "03" | "04" | "05") =>
    decodeAnnouncement(
      undefined,
      bodyOf(encodeAnnouncement(START, version)),
      version,
    );
  const unpriced = { ...START, warm: 0, cold: Infinity };
  assert.deepEqual(heard("02"), { ...unpriced, hops: [] });
  assert.deepEqual(heard("03"), { ...unpriced, hops: [0n, 0n] });
  assert.deepEqual(heard("04"), unpriced);
  assert.deepEqual(heard("05"), unpriced);
});

Deno.test("encodeAnnouncement refuses 33 hops", () => {
  const hops = Array.from({ length: 33 }, (_, i) => BigInt(i));
  assert.throws(() => encodeAnnouncement({ ...START, hops }, "06"), RangeError);
});

Deno.test("encodeAnnouncement accepts costs up to infinity", () => {
  const cold = (cost: number): string =>
    encodeAnnouncement({ ...START, hops: [], cold: cost }, "06")
      .subarray(-8).toHex();
  assert.equal(cold(Infinity), "ffffffffffffffff");
  assert.equal(cold(2 ** 62), "ffffffffffffffff");
  assert.equal(cold(2 ** 60), "d000000000000000");
  for (const cost of [-1, 0.5, NaN]) {
    assert.throws(() => cold(cost), RangeError, String(cost));
  }
});

Deno.test("decodeAnnounceInit refuses a list that is large in memory", () => {
  const body = new Writer().varint(65_537).bytes(new Uint8Array(65_537));
  assert.throws(
    () => decodeAnnounceInit(body.finish()),
    (error) => error instanceof MoqError && error.code === "decode",
  );
});

Deno.test("encodeSubscribe leaves out frames before draft 06", () => {
  const msg = {
    id: 1,
    broadcast: "room",
    track: "video",
    priority: 3,
    maxAgeMs: 250,
    startGroup: 7,
    endGroup: 9,
    startFrame: 4,
    endFrame: 2,
  };
  const { startFrame, endFrame } = decodeSubscribe(
    bodyOf(encodeSubscribe(msg, "05")),
    "05",
  );
  assert.deepEqual([startFrame, endFrame], [0, undefined]);
});

Deno.test("encodeSubscribe refuses a start frame without a group", () => {
  const msg = {
    id: 1,
    broadcast: "room",
    track: "video",
    priority: 3,
    maxAgeMs: 0,
    startFrame: 4,
  };
  assert.throws(() => encodeSubscribe(msg, "06"), RangeError);
});

Deno.test("encodeSubscribeResponse refuses responses of other drafts", () => {
  const start = { kind: "start", group: 7 } as const;
  assert.throws(() => encodeSubscribeResponse(start, "04"), TypeError);
  const ok = { kind: "ok", priority: 1, maxAgeMs: 0 } as const;
  assert.throws(() => encodeSubscribeResponse(ok, "05"), TypeError);
  const drop = { kind: "drop", start: 1, end: 2, code: 0 } as const;
  assert.throws(() => encodeSubscribeResponse(drop, "02"), TypeError);
});

Deno.test("encodeFetch leaves out frames before draft 06", () => {
  const msg = {
    broadcast: "room",
    track: "video",
    priority: 3,
    group: 7,
    startFrame: 2,
    endFrame: 6,
  };
  const read = decodeFetch(bodyOf(encodeFetch(msg, "05")), "05");
  assert.deepEqual([read.startFrame, read.endFrame], [0, undefined]);
});

Deno.test("encodeGroupHeader refuses a frame start before draft 06", () => {
  const header = { subscribeId: 1, sequence: 7, frameStart: 4 };
  assert.throws(() => encodeGroupHeader(header, "05"), RangeError);
});

Deno.test("encodeTrackInfo rounds ages down and refuses a timescale of 0", () => {
  const age = (maxAgeMs: number): number => {
    const info = { priority: 0, maxAgeMs, timescale: 1 };
    return decodeTrackInfo(bodyOf(encodeTrackInfo(info, "06")), "06").maxAgeMs;
  };
  assert.equal(age(33.9), 33);
  assert.equal(age(Infinity), Number.MAX_SAFE_INTEGER);
  const info = { priority: 0, maxAgeMs: 0, timescale: 0 };
  assert.throws(() => encodeTrackInfo(info, "06"), RangeError);
});

Deno.test("encodeGoaway refuses a URI of 8193 bytes, counted in UTF-8", () => {
  assert.equal(encodeGoaway({ uri: "é".repeat(4096) }).byteLength, 8196);
  assert.throws(() => encodeGoaway({ uri: "é".repeat(4097) }), RangeError);
});

Deno.test("encodeClientSetup refuses lengths over 16 bits", () => {
  const path = "a".repeat(65_536);
  assert.throws(() => encodeClientSetup({ versions: [], path }), RangeError);
});

Deno.test("encodeSetup leaves out fields with default values", () => {
  assert.equal(encodeSetup({ probe: 0, path: "", hop: 0n }).toHex(), "0100");
});

Deno.test("decoders refuse paths and track names that are too long", () => {
  // Only the lengths are there: they are checked before anything is read.
  const path = new Writer().varint(4097).finish();
  const name = new Writer().string("room").varint(1025).finish();
  const id = new Writer().varint(1);
  const cases: readonly (() => unknown)[] = [
    () => decodeAnnounceRequest(path, "06"),
    () => decodeAnnounceInit(new Writer().varint(1).bytes(path).finish()),
    () => decodeAnnouncement(0, path, "06"),
    () => decodeAnnouncement(undefined, Uint8Array.of(1, ...path), "05"),
    () => decodeTrackRequest(path),
    () => decodeTrackRequest(name),
    () => decodeFetch(path, "06"),
    () => decodeFetch(name, "06"),
    () => decodeSubscribe(Uint8Array.of(1, ...path), "06"),
    () => decodeSubscribe(id.bytes(name).finish(), "06"),
  ];
  for (const decode of cases) {
    assert.throws(
      decode,
      (error) =>
        error instanceof MoqError && error.code === "too-large" &&
        /at most (4096|1024) bytes/.test(error.message),
      decode.toString(),
    );
  }
});

Deno.test("decodeSetup refuses a path and query over 16 KiB", () => {
  const bodyWith = (bytes: number): Uint8Array =>
    encodeSetup({ path: "a".repeat(bytes) }).subarray(4); // after its length
  assert.equal(decodeSetup(bodyWith(16_384)).path?.length, 16_384);
  assert.throws(
    () => decodeSetup(bodyWith(16_385)),
    (error) => error instanceof MoqError && error.code === "decode",
  );
});
