import assert from "node:assert/strict";
import { BroadcastProducer, Origin, type TrackProducer } from "@moq-deno/lite";
import { VirtualClock } from "@moq-deno/lite/testing";
import { CatalogProducer } from "../catalog/producer.ts";
import { ChatRoom } from "./chat_room.ts";
import { MESSAGE_RATE } from "./flow_limit.ts";

/** An origin that people share, as over a relay, and rooms in it. */
class World {
  readonly clock = new VirtualClock();
  readonly origin = new Origin({ clock: this.clock });
  readonly #rooms: ChatRoom[] = [];

  enter(name: string, more: { maxMembers?: number } = {}): ChatRoom {
    const [local, remote] = [this.origin.scope(), this.origin.scope()];
    const { clock } = this;
    const options = { room: "lobby", name, local, remote, clock, ...more };
    const room = new ChatRoom(options);
    this.#rooms.push(room);
    return room;
  }

  /** Somebody who writes with another program. */
  stranger(name: string): TrackProducer {
    const broadcast = new BroadcastProducer();
    const track = broadcast.createTrack("words");
    new CatalogProducer(broadcast).update({
      user: { name: `The\u0000${name}`, color: "red;x" },
      chat: { message: { name: "words" } },
    });
    this.origin.publish(`lobby/${name}`, broadcast);
    return track;
  }

  async close(): Promise<void> {
    for (const room of this.#rooms) room.close();
    await this.clock.advance(1);
  }
}

function texts(room: ChatRoom): string[] {
  return room.messages().map(({ name, text }) => `${name}: ${text}`);
}

Deno.test("ChatRoom: all members read all messages by time, late ones too", async () => {
  const world = new World();
  const { clock } = world;
  const ada = world.enter("ada");
  const bob = world.enter("bob");
  ada.user.set({ name: "Ada", color: "teal" });
  await clock.advance(10);
  ada.send("hello");
  await clock.advance(1000);
  bob.send("hi <b>Ada</b>\nsecond line");
  await clock.advance(1000);
  ada.send("bye");
  await clock.advance(1000);
  const cy = world.enter("cy");
  await clock.advance(100);
  const all = ["Ada: hello", "bob: hi <b>Ada</b>\nsecond line", "Ada: bye"];
  assert.deepEqual(texts(ada), all);
  assert.deepEqual(texts(bob), all);
  assert.deepEqual(texts(cy), all);
  assert.deepEqual(ada.messages().map(({ isOwn }) => isOwn), [
    ...[true, false, true],
  ]);
  assert.equal(bob.messages()[0]?.color, "teal");
  assert.deepEqual(cy.members().map(({ path, name }) => [path, name]), [
    ["ada", "Ada"],
    ["bob", "bob"],
  ]);
  assert.equal(cy.memberCount(), 3);
  bob.close();
  await clock.advance(10);
  assert.deepEqual(cy.members().map(({ path }) => path), ["ada"]);
  assert.deepEqual(texts(cy), all);
  await world.close();
});

Deno.test("ChatRoom: typing shows while keys are touched, until the message", async () => {
  const world = new World();
  const { clock } = world;
  const ada = world.enter("ada");
  const bob = world.enter("bob");
  await clock.advance(10);
  const isTyping = () => bob.members()[0]?.isTyping;
  assert.equal(isTyping(), false);
  ada.type();
  await clock.advance(3000);
  ada.type();
  await clock.advance(3000);
  assert.equal(isTyping(), true);
  await clock.advance(2000);
  assert.equal(isTyping(), false);
  ada.type();
  await clock.advance(10);
  assert.equal(isTyping(), true);
  ada.send("done");
  await clock.advance(10);
  assert.equal(isTyping(), false);
  await world.close();
});

Deno.test("ChatRoom: a flood or nonsense costs its writer alone", async () => {
  const world = new World();
  const { clock } = world;
  const ada = world.enter("ada");
  const bob = world.enter("bob");
  const flood = world.stranger("flood");
  const huge = world.stranger("huge");
  const broken = new BroadcastProducer();
  broken.createTrack("catalog.json").writeFrame({
    timestamp: 0,
    payload: new TextEncoder().encode("{"),
  });
  world.origin.publish("lobby/broken", broken);
  await clock.advance(10);
  for (let count = 0; count < 1000; count++) {
    flood.writeFrame({ timestamp: 0, payload: Uint8Array.of(120) });
    if (count % 100 === 0) await clock.advance(1);
  }
  const group = huge.group();
  group.append(Uint8Array.of(0, 0x80, 0x10, 0, 0));
  group.append(new Uint8Array(100_000));
  bob.send("still here");
  await clock.advance(10);
  const shown = texts(ada);
  assert.equal(shown.at(-1), "bob: still here");
  const history = 50;
  assert.equal(shown.length, MESSAGE_RATE.burst + history + 1);
  assert.equal(shown[0], "The flood: x");
  await clock.advance(10_000);
  const problems = ada.members().map(({ path, color, problem }) => [
    ...[path, color, problem !== undefined],
  ]);
  assert.deepEqual(problems, [
    ["bob", undefined, false],
    ["broken", undefined, true],
    ["flood", undefined, true],
    ["huge", undefined, true],
  ]);
  assert.equal(flood.demand.subscribers, 0);
  await world.close();
});

Deno.test("ChatRoom: a catalog beyond the bounds is named and left alone", async () => {
  const world = new World();
  const { clock } = world;
  const ada = world.enter("ada");
  const bob = world.enter("bob");
  const vast = new BroadcastProducer();
  const catalog = vast.createTrack("catalog.json");
  const fields = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, i) => [`k${i}`, 1]),
  );
  const payload = new TextEncoder().encode(JSON.stringify(fields));
  catalog.writeFrame({ timestamp: 0, payload });
  world.origin.publish("lobby/vast", vast);
  await clock.advance(10);
  bob.send("still here");
  await clock.advance(10);
  assert.deepEqual(texts(ada), ["bob: still here"]);
  const problemOf = () =>
    ada.members().find(({ path }) => path === "vast")?.problem;
  assert.match(problemOf()!, /"catalog.json": .* the limit of 16384/);
  assert.equal(catalog.demand.subscribers, 0);
  // It is asked for again, and not soon.
  await clock.advance(25_000);
  assert.equal(catalog.demand.subscribers, 0);
  catalog.writeFrame({
    timestamp: 0,
    payload: new TextEncoder().encode('{"user":{"name":"Small"}}'),
  });
  await clock.advance(10_000);
  assert.equal(
    ada.members().find(({ path }) => path === "vast")?.name,
    "Small",
  );
  await world.close();
});

Deno.test("ChatRoom: what is written too fast or too long is refused here", async () => {
  const world = new World();
  const ada = world.enter("ada");
  assert.throws(() => ada.send(" "), RangeError);
  for (let count = 0; count < MESSAGE_RATE.burst; count++) ada.send("x");
  assert.throws(() => ada.send("x"), { code: "lagged" });
  await world.clock.advance(1000);
  ada.send("x");
  const reader = new ChatRoom({
    room: "lobby",
    remote: world.origin.scope(),
    clock: world.clock,
  });
  assert.throws(() => reader.send("x"), TypeError);
  assert.equal(reader.memberCount(), 0);
  await world.clock.advance(10);
  assert.equal(reader.memberCount(), 1);
  assert.equal(reader.messages().length, MESSAGE_RATE.burst + 1);
  reader.close();
  await world.close();
});

Deno.test("ChatRoom: people over the bound are counted and not followed", async () => {
  const world = new World();
  const ada = world.enter("ada", { maxMembers: 2 });
  for (const name of ["b", "c", "d", "e"]) world.enter(name);
  await world.clock.advance(10);
  assert.equal(ada.members().length, 2);
  assert.equal(ada.memberCount(), 5);
  await world.close();
});
