import assert from "node:assert/strict";
import { BroadcastProducer } from "@moq-deno/lite";
import { checkCatalog } from "../catalog/parse.ts";
import { effect, Signal } from "../signals/signal.ts";
import { Presence } from "./presence.ts";

const SILENT = { audio: false, video: false, screen: false, speaking: false };

async function newest(
  broadcast: BroadcastProducer,
  track: string,
): Promise<Uint8Array> {
  const subscription = broadcast.consume().track(track).subscribe({
    from: "latest",
  });
  const group = await subscription.next();
  const [frame] = await Array.fromAsync(group!.frames());
  subscription.close();
  return frame!.payload;
}

function text(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}

Deno.test("Presence: says nothing until something is set, then what was set last", async () => {
  const broadcast = new BroadcastProducer();
  const media = new Signal(SILENT);
  const presence = new Presence(broadcast, media);
  assert.deepEqual(presence.sections(), {});
  const sections: unknown[] = [];
  const stop = effect(() => {
    sections.push(presence.sections());
  });
  presence.user.set({ name: "Ada", color: "teal" });
  presence.position.set({ x: 0.5, y: -0.5 });
  presence.isTyping.set(true);
  media.set({ ...SILENT, audio: true, speaking: true });
  await Promise.resolve();
  assert.deepEqual(sections.at(-1), {
    user: { name: "Ada", color: "teal" },
    preview: { name: "preview.json", priority: 10 },
    location: {
      initial: { x: 0.5, y: -0.5 },
      track: { name: "location/window.json", priority: 20 },
    },
    chat: { typing: { name: "chat/typing.bool", priority: 40 } },
  });
  const { problems } = checkCatalog(presence.sections());
  assert.deepEqual(problems, []);
  assert.deepEqual(text(await newest(broadcast, "preview.json")), {
    name: "Ada",
    typing: true,
    ...SILENT,
    audio: true,
    speaking: true,
  });
  assert.deepEqual(text(await newest(broadcast, "location/window.json")), {
    x: 0.5,
    y: -0.5,
  });
  assert.deepEqual(
    await newest(broadcast, "chat/typing.bool"),
    Uint8Array.of(1),
  );
  stop();
  presence.close();
});

Deno.test("Presence: the same summary twice is one group", async () => {
  const broadcast = new BroadcastProducer();
  const media = new Signal(SILENT);
  const presence = new Presence(broadcast, media);
  presence.user.set({ name: "Ada" });
  await Promise.resolve();
  media.set({ ...SILENT });
  await Promise.resolve();
  presence.user.set({ name: "Ada", id: "1" });
  await Promise.resolve();
  const subscription = broadcast.consume().track("preview.json").subscribe({
    from: "all",
    startGroup: 0,
  });
  presence.close();
  assert.equal((await Array.fromAsync(subscription)).length, 1);
});
