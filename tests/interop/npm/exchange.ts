/**
 * Our publisher with their viewer through a relay, and the reverse.
 *
 * @module
 */
import assert from "node:assert/strict";
import { BroadcastProducer, type TrackSubscription } from "@moq-deno/lite";
import { cutEverywhere, logGroups } from "../cut_groups.ts";
import { GroupLog } from "../group_log.ts";
import { connect } from "@moq-deno/lite/deno";
import { type RunningRelay, startRelay } from "@moq-deno/relay/server";
import type { Peer } from "./peer.ts";

const TRACK = "chat";

/** A relay on its own port. */
export function freshRelay(): Promise<RunningRelay> {
  return startRelay(["--listen", "127.0.0.1:0"]);
}

/** The URL of `relay` for browsers and other clients that fetch the certificate's hash over HTTP. */
export function urlOf(relay: RunningRelay): string {
  const [address] = relay.httpAddresses;
  return `http://${address!.hostname}:${address!.port}/`;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The texts of all frames, group by group. */
async function* texts(
  track: TrackSubscription,
): AsyncGenerator<string, void> {
  for await (const group of track) {
    for await (const { payload } of group.frames()) {
      yield new TextDecoder().decode(payload);
    }
  }
}

/** The peer publishes: we see the announcement, each frame, the end of the track and of the broadcast. */
export async function theyPublish(
  peer: Peer,
  relay: RunningRelay,
): Promise<void> {
  await using viewer = await connect(urlOf(relay));
  const announced = viewer.announced();
  await peer.publish("npm/alice", TRACK);
  await peer.group();
  await peer.write("one");
  const { value: start } = await announced.next();
  assert.deepEqual(
    [start?.kind, start?.path],
    ["start", "npm/alice"],
  );
  const read = texts(viewer.consume("npm/alice").track(TRACK).subscribe());
  assert.equal((await read.next()).value, "one");
  await peer.write("two");
  assert.equal((await read.next()).value, "two");
  await peer.group();
  const long = "three ".repeat(20_000);
  await peer.write(long);
  assert.equal((await read.next()).value, long);
  await peer.finish();
  assert.equal((await read.next()).done, true);
  await peer.unpublish();
  assert.equal((await announced.next()).value?.kind, "end");
  await announced.return();
}

/** Options of {@linkcode wePublish}. */
export interface WePublishOptions {
  /** Whether the peer notices the end of a track. */
  readonly seesEnd: boolean;
}

/** We publish: the peer sees the announcement, each frame, the end of the track and of the broadcast. */
export async function wePublish(
  peer: Peer,
  relay: RunningRelay,
  { seesEnd }: WePublishOptions = { seesEnd: true },
): Promise<void> {
  await using publisher = await connect(urlOf(relay));
  const broadcast = new BroadcastProducer();
  const track = broadcast.createTrack(TRACK);
  publisher.publish("deno/bob", broadcast);
  const first = track.group();
  first.writeFrame({ timestamp: 0, payload: encode("one") });
  assert.deepEqual(await peer.announced(), { path: "deno/bob", active: true });
  await peer.watch("deno/bob", TRACK);
  assert.equal(await peer.read(), "one");
  first.writeFrame({ timestamp: 1, payload: encode("two") });
  assert.equal(await peer.read(), "two");
  first.close();
  const long = "three ".repeat(20_000);
  const second = track.group();
  second.writeFrame({ timestamp: 2, payload: encode(long) });
  assert.equal(await peer.read(), long);
  second.close();
  track.close();
  if (seesEnd) assert.equal(await peer.read(), undefined);
  broadcast.close();
  assert.deepEqual(await peer.announced(), { path: "deno/bob", active: false });
}

/** We cut groups at every byte: the peer sees each cut one as cut, and the others complete. */
export async function weCut(peer: Peer, relay: RunningRelay): Promise<void> {
  await using publisher = await connect(urlOf(relay));
  const broadcast = new BroadcastProducer();
  const track = broadcast.createTrack(TRACK, { maxAgeMs: 30_000 });
  publisher.publish("deno/cut", broadcast);
  for (;;) {
    const event = await peer.announced();
    if (event?.path === "deno/cut") break;
  }
  await peer.watchGroups("deno/cut", TRACK);
  await cutEverywhere(track, peer);
  track.close();
  broadcast.close();
}

/** The peer cuts a group: we see it cut, and its neighbours complete. */
export async function theyCut(peer: Peer, relay: RunningRelay): Promise<void> {
  await using viewer = await connect(urlOf(relay));
  const announced = viewer.announced();
  await peer.publish("npm/cut", TRACK);
  await announced.next();
  const log = new GroupLog();
  const subscription = viewer.consume("npm/cut").track(TRACK)
    .subscribe({ maxAgeMs: 10_000 });
  const reading = logGroups(subscription, log);
  for (const round of [1, 2, 3]) {
    await peer.group();
    await peer.write(`cut ${round}`);
    await log.begun(`cut ${round}`);
    await peer.cut();
    await peer.group();
    await peer.write(`whole ${round}`);
    await log.begun(`whole ${round}`);
    assert.equal(await log.ended(`cut ${round}`), "cut");
  }
  await peer.finish();
  assert.equal(await log.ended("whole 3"), "whole");
  await reading;
  await peer.unpublish();
  await announced.return();
}

/** Groups that may be lost: datagrams both ways, or streams to a peer without datagrams. */
export async function loseGroups(
  peer: Peer,
  relay: RunningRelay,
  { takesDatagrams }: { readonly takesDatagrams: boolean },
): Promise<void> {
  await using session = await connect(urlOf(relay));
  const broadcast = new BroadcastProducer();
  const track = broadcast.createTrack(TRACK);
  session.publish("deno/loose", broadcast);
  for (;;) {
    const event = await peer.announced();
    if (event?.path === "deno/loose") break;
  }
  await peer.watchGroups("deno/loose", TRACK);
  track.writeFrame({ timestamp: 1, payload: encode("begin") });
  assert.equal(await peer.ended("begin"), "whole");
  track.writeDatagram({ timestamp: 2, payload: encode("ours") });
  assert.equal(await peer.ended("ours"), "whole");
  assert.equal(await peer.datagrams(), takesDatagrams ? 1 : 0);
  // Over WebSocket it sends datagrams only if our parameters arrive before it checks.
  if (!takesDatagrams) return;

  await peer.publish("npm/loose", TRACK);
  for await (const { path } of session.announced()) {
    if (path === "npm/loose") break;
  }
  const log = new GroupLog();
  const subscription = session.consume("npm/loose").track(TRACK).subscribe();
  const reading = logGroups(subscription, log);
  await peer.group();
  await peer.write("begin");
  await log.begun("begin");
  await peer.datagram("theirs");
  assert.equal(await log.ended("theirs"), "whole");
  assert.equal(session.stats.receivedDatagrams, 1);
  await peer.finish();
  await reading;
}
