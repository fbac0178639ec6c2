import assert from "node:assert/strict";
import { BroadcastProducer, type TrackSubscription } from "@moq-deno/lite";
import { announced, loopback, WAYS } from "./every_way.ts";
import { frameOf, readGroup } from "./groups.ts";

const ROUNDS = 10;

/** Texts of groups up to `last`. */
async function textsUntil(
  reader: TrackSubscription,
  last: string,
): Promise<string[]> {
  const texts: string[] = [];
  while (texts.at(-1) !== last) {
    const { texts: [text] } = await readGroup(await reader.next());
    texts.push(text!);
  }
  return texts;
}

Deno.test("groups that may be lost are datagrams except over WebSocket", async () => {
  await using relay = await loopback();
  const publisher = await relay.connect("QUIC");
  const broadcast = new BroadcastProducer();
  const track = broadcast.createTrack("ticks");
  publisher.publish("live", broadcast);
  const viewers = await Promise.all(WAYS.map((way) => relay.connect(way)));
  const readers = await Promise.all(viewers.map(async (viewer) => {
    await announced(viewer, "live");
    return viewer.consume("live").track("ticks").subscribe();
  }));
  track.writeFrame(frameOf("begin"));
  await Promise.all(readers.map((reader) => textsUntil(reader, "begin")));
  const before = viewers.map(({ stats }) => stats.receivedGroups);
  const seen = readers.map((): string[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < 10; i++) {
      track.writeDatagram(frameOf(`tick ${10 * round + i}`, round));
    }
    const mark = `mark ${round}`;
    track.writeFrame(frameOf(mark, round));
    const all = readers.map((reader) => textsUntil(reader, mark));
    for (const [index, texts] of (await Promise.all(all)).entries()) {
      seen[index]!.push(...texts);
    }
  }
  for (const texts of seen) {
    assert.equal(new Set(texts).size, texts.length, "none arrives twice");
  }
  const came = viewers.map(({ stats }, index) => ({
    streams: stats.receivedGroups - before[index]!,
    datagrams: stats.receivedDatagrams,
  }));
  for (const { streams, datagrams } of came.slice(0, 2)) {
    assert.equal(streams, ROUNDS);
    assert.ok(datagrams > 5 * ROUNDS, `${datagrams} datagrams`);
  }
  assert.equal(came[2]!.datagrams, 0);
  assert.ok(came[2]!.streams > 5 * ROUNDS);
});
