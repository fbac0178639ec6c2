/**
 * The parts of the hot path, separately: `deno bench tests/bench`.
 *
 * @module
 */
import { ByteLog } from "../../lite/bytes/byte_log.ts";
import { readVarint, writeVarint } from "../../lite/bytes/varint.ts";
import { encodeFrameHeader, FrameScanner } from "../../lite/model/frame.ts";
import { decodeGroupHeader, encodeGroupHeader } from "../../lite/wire/group.ts";
import { decodeSubscribe, encodeSubscribe } from "../../lite/wire/subscribe.ts";

const DRAFT = "06";
const READERS = 100;
const GROUP_FRAMES = 60;

const subscribe = {
  id: 7,
  broadcast: "room/alice",
  track: "video/hd",
  priority: 60,
  maxAgeMs: 500,
  startFrame: 0,
};
const group = { subscribeId: 7, sequence: 123_456, frameStart: 0 };
const payload = new Uint8Array(8192);
const frame = new Uint8Array([
  ...encodeFrameHeader(33_333, 0, payload.byteLength),
  ...payload,
]);
const varints = [5, 300, 70_000, 2 ** 40];
// Each takes eight bytes.
const varintBytes = new Uint8Array(8 * varints.length);
varints.forEach((value, i) => writeVarint(varintBytes, 8 * i, value));
const subscribeBody = withoutLength(encodeSubscribe(subscribe, DRAFT));
const groupBody = withoutLength(encodeGroupHeader(group, DRAFT));

// V8 skips work whose result is unused.
let sum = 0;

// All of these messages are shorter than 64 bytes, so their length takes one byte.
function withoutLength(message: Uint8Array): Uint8Array {
  return message.subarray(1);
}

Deno.bench("varint: write four", { group: "codecs" }, () => {
  let at = 0;
  for (const value of varints) {
    writeVarint(varintBytes, at, value);
    at += 8;
  }
});

Deno.bench("varint: read four", { group: "codecs" }, () => {
  for (let at = 0; at < varintBytes.byteLength; at += 8) {
    sum += readVarint(varintBytes, at);
  }
});

Deno.bench("SUBSCRIBE: encode", { group: "codecs" }, () => {
  encodeSubscribe(subscribe, DRAFT);
});

Deno.bench("SUBSCRIBE: decode", { group: "codecs" }, () => {
  decodeSubscribe(subscribeBody, DRAFT);
});

Deno.bench("GROUP: encode", { group: "codecs" }, () => {
  encodeGroupHeader(group, DRAFT);
});

Deno.bench("GROUP: decode", { group: "codecs" }, () => {
  decodeGroupHeader(groupBody, DRAFT);
});

Deno.bench("ByteLog.append: 60 frames of 8 KiB", { group: "log" }, () => {
  const log = new ByteLog();
  for (let i = 0; i < GROUP_FRAMES; i++) log.append(frame);
});

Deno.bench("ByteLog.view: the same, 100 readers", { group: "log" }, () => {
  const log = new ByteLog();
  for (let i = 0; i < GROUP_FRAMES; i++) {
    const at = log.length;
    log.append(frame);
    for (let reader = 0; reader < READERS; reader++) log.view(at);
  }
});

Deno.bench("FrameScanner: 60 frames of 8 KiB", { group: "log" }, () => {
  const scanner = new FrameScanner();
  for (let i = 0; i < GROUP_FRAMES; i++) scanner.push(frame);
});
