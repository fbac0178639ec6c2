/**
 * A process with a relay that misbehaves. It prints its URL, and answers any
 * command with {@linkcode LyingState}.
 *
 * @module
 */
import type { SendStream } from "@moq-deno/lite/transport";
import { Writer } from "../../lite/bytes/cursor.ts";
import { encodeFrameHeader } from "../../lite/model/frame.ts";
import { encodeAnnouncement } from "../../lite/wire/announce.ts";
import { encodeSubscribeResponse } from "../../lite/wire/subscribe_response.ts";
import { encodeTrackInfo } from "../../lite/wire/track.ts";
import { commands, say, settings } from "../integration/process/inside.ts";
import type { LyingSettings, LyingState, Manner } from "./lying_manners.ts";
import { type Lies, LyingRelay } from "./lying_relay.ts";
import { DOOMED, DOOMED_TOO } from "./steady.ts";

const PUBLISHER = 5n;
const MANY = 100_000;
const BATCH = 1000;
const HUGE = 2 ** 40;
const WHOLE = [0, 3, 1, 2, 3];
const HALF = [...WHOLE, ...encodeFrameHeader(0, 0, 1000), 1, 2, 3];
const GIANT = [...encodeFrameHeader(0, 0, HUGE), 1, 2, 3];
/** The type of ANNOUNCE_START on draft 06. */
const START = 0;
const BROKEN_GROUPS = 10;

const INFO = encodeTrackInfo({
  priority: 1,
  maxAgeMs: 60_000,
  timescale: 1000,
}, "06");

function start(
  suffix: string,
  hops: readonly bigint[] = [PUBLISHER],
): Uint8Array {
  const body = new Writer().string(suffix).varint(hops.length);
  for (const hop of hops) body.varint(hop);
  return typed(body.varint(0).varint(0));
}

function typed(body: Writer): Uint8Array {
  return new Writer().varint(START).sized(body.finish()).finish();
}

function end(id: number): Uint8Array {
  return encodeAnnouncement({ kind: "end", id }, "06");
}

/** `bytes` with a wrong length in front. */
function claiming(length: number, ...bytes: readonly number[]): Uint8Array {
  return Uint8Array.from([
    ...new Writer().varint(length).finish(),
    ...bytes,
  ]);
}

function distinct(count: number): readonly bigint[] {
  return Array.from({ length: count }, (_, i) => BigInt(1000 + i));
}

async function announceMany(stream: SendStream, count: number): Promise<void> {
  for (let i = 0; i < count; i += BATCH) {
    if (!await stream.ready()) return;
    const batch = new Writer();
    const last = Math.min(i + BATCH, count);
    for (let n = i; n < last; n++) batch.bytes(start(`many/${n}`));
    stream.write(batch.finish());
  }
}

let flickers = 0;

async function flicker(stream: SendStream): Promise<void> {
  for (let id = 0; await stream.ready(); id += BATCH) {
    const batch = new Writer();
    for (let i = 0; i < BATCH; i++) {
      batch.bytes(start("flicker")).bytes(end(id + i));
    }
    stream.write(batch.finish());
    flickers = id + BATCH;
  }
}

async function announce(
  manner: Manner,
  stream: SendStream,
  peerHop: bigint,
): Promise<void> {
  switch (manner) {
    case "hops with the relay itself":
      stream.write(start(DOOMED, [PUBLISHER, peerHop]));
      return stream.write(start(DOOMED_TOO));
    case "100,000 broadcasts":
      return await announceMany(stream, MANY);
    case "100,001 broadcasts":
      return await announceMany(stream, MANY + 1);
    case "a broadcast that starts and ends without end":
      return await flicker(stream);
    case "starts without an end":
      stream.write(start(DOOMED));
      return stream.write(start(DOOMED));
    case "ends without a start":
      return stream.write(end(7));
    case "an announcement of 2^40 bytes":
      stream.write(Uint8Array.of(START));
      return stream.write(claiming(HUGE, 1, 2, 3));
    case "an announcement longer than it says": {
      const whole = start(DOOMED);
      whole[1]!--;
      return stream.write(whole);
    }
    case "an announcement shorter than it says": {
      const whole = start(DOOMED);
      whole[1]!++;
      stream.write(whole);
      return stream.write(whole);
    }
    case "2^30 hops":
      return stream.write(typed(new Writer().string(DOOMED).varint(2 ** 30)));
    case "1000 hops":
      return stream.write(start(DOOMED, distinct(1000)));
    case "a hop twice":
      return stream.write(start(DOOMED, [PUBLISHER, 7n, 7n]));
    default:
      return stream.write(start(DOOMED));
  }
}

function track(manner: Manner, stream: SendStream): void {
  switch (manner) {
    case "properties of a track that never come":
      return stream.write(INFO.subarray(0, 2));
    case "properties of a track longer than they say": {
      const info = Uint8Array.from(INFO);
      info[0]!--;
      return stream.write(info);
    }
    case "properties of a track of 2^40 bytes":
      return stream.write(claiming(HUGE, ...INFO.subarray(1)));
    default:
      stream.write(INFO);
      return stream.close();
  }
}

const subscribe: (manner: Manner) => Lies["subscribe"] =
  (manner) => async (stream, link, subscribeId) => {
    if (manner === "an answer to SUBSCRIBE that never comes") return;
    if (manner === "an answer to SUBSCRIBE of 2^40 bytes") {
      stream.write(Uint8Array.of(START));
      return stream.write(claiming(HUGE, 0));
    }
    const answer = { kind: "start", group: 0 } as const;
    stream.write(encodeSubscribeResponse(answer, "06"));
    for (let sequence = 0; sequence < BROKEN_GROUPS; sequence++) {
      const bytes = manner === "frames of 2^40 bytes" ? GIANT : HALF;
      const group = await link.group({ subscribeId, sequence }, ...bytes);
      if (manner === "groups that end in mid-frame") group.reset(0);
    }
    const sequence = BROKEN_GROUPS;
    (await link.group({ subscribeId, sequence }, ...WHOLE)).close();
  };

const { manner } = settings<LyingSettings>();
const relay = await LyingRelay.open({
  announce: (stream, peerHop) => announce(manner, stream, peerHop),
  track: (stream) => track(manner, stream),
  subscribe: subscribe(manner),
});
say(relay.url);
for await (const _ of commands()) {
  const state: LyingState = { dialledMs: relay.dialledMs, flickers };
  say(state);
}
Deno.exit(0);
