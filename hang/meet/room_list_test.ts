import assert from "node:assert/strict";
import { BroadcastProducer, Origin } from "@moq-deno/lite";
import { VirtualClock } from "@moq-deno/lite/testing";
import { CatalogProducer } from "../catalog/producer.ts";
import { RoomList } from "./room_list.ts";

const encoder = new TextEncoder();

/** Somebody with a camera and a preview, who counts what is asked of the camera. */
function guest(origin: Origin, path: string, preview: unknown) {
  const broadcast = new BroadcastProducer();
  const video = broadcast.createTrack("video");
  const track = broadcast.createTrack("preview.json");
  new CatalogProducer(broadcast).update({
    user: { name: "from the catalog" },
    video: { renditions: { video: { codec: "vp8" } } },
    preview: { name: "preview.json" },
  });
  const say = (value: unknown) =>
    track.writeFrame({
      timestamp: 0,
      payload: encoder.encode(JSON.stringify(value)),
    });
  say(preview);
  const publication = origin.publish(path, broadcast);
  return { video, say, leave: () => publication.close() };
}

Deno.test("RoomList: names, previews and counts without asking for a picture", async () => {
  const clock = new VirtualClock();
  const origin = new Origin({ clock });
  const here = new Origin({ clock });
  const list = new RoomList({ scope: origin.scope(), own: here.scope() });
  const ada = guest(origin, "team/red/ada", { name: "Ada", video: true });
  const bob = guest(origin, "team/red/bob", { name: 7 });
  const me = guest(here, "team/blue/me", { name: "Me", typing: true });
  origin.publish("alone", new BroadcastProducer());
  await clock.advance(10);
  const summary = () =>
    list.rooms().map(({ path, count, guests }) => [
      path,
      count,
      guests.map(({ name, video }) => [name, video]),
    ]);
  assert.deepEqual(summary(), [
    ["", 1, [[undefined, undefined]]],
    ["team/blue", 1, [["Me", undefined]]],
    ["team/red", 2, [["Ada", true], ["from the catalog", true]]],
  ]);
  ada.say({ name: "Ada", video: false });
  bob.leave();
  me.leave();
  await clock.advance(10);
  assert.deepEqual(summary().slice(1), [["team/red", 1, [["Ada", false]]]]);
  const asked = [ada, bob, me].map(({ video }) => video.demand.subscribers);
  assert.deepEqual(asked, [0, 0, 0]);
  list.close();
  await clock.advance(10);
  assert.deepEqual(list.rooms(), []);
});
