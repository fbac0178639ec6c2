import assert from "node:assert/strict";
import { SILENT } from "@moq-deno/lite/internal";
import type { Catalog } from "../catalog/catalog.ts";
import { effect, Signal } from "../signals/signal.ts";
import { PlayableMedia } from "./playable_media.ts";

const VIDEO = { codec: "vp8", codedHeight: 360 };
const BOTH: Catalog = {
  video: {
    renditions: {
      hd: { ...VIDEO, codedWidth: 1280, jitter: 100 },
      sd: { ...VIDEO, codedWidth: 640, jitter: 40 },
    },
  },
  audio: {
    renditions: {
      sound: {
        codec: "opus",
        sampleRate: 48_000,
        numberOfChannels: 2,
        jitter: 20,
      },
    },
  },
};

/** Gives the runtime decoders that take these codecs, as a browser has them. */
function withDecoders(codecs: readonly string[]): Disposable {
  const decoder = {
    isConfigSupported: ({ codec }: { readonly codec: string }) =>
      Promise.resolve({ supported: codecs.includes(codec) }),
  };
  const own = { VideoDecoder: decoder, AudioDecoder: decoder };
  Object.assign(globalThis, own);
  return {
    [Symbol.dispose]() {
      for (const name of Object.keys(own)) {
        Reflect.deleteProperty(globalThis, name);
      }
    },
  };
}

/** Resolves once the catalog that is there has been looked at. */
async function known(media: PlayableMedia): Promise<void> {
  const done = Promise.withResolvers<void>();
  const stop = effect(() => {
    if (media.isKnown()) done.resolve();
  });
  await done.promise;
  stop();
}

function namesOf(media: PlayableMedia): readonly string[] {
  return media.video().map(({ name }) => name);
}

Deno.test("PlayableMedia: what is decoded and has not failed", async () => {
  using _decoders = withDecoders(["vp8", "opus"]);
  const catalog = new Signal<Catalog | undefined>(undefined);
  const media = new PlayableMedia(catalog, SILENT);
  assert.deepEqual([media.isKnown(), media.hasAny()], [false, false]);
  catalog.set(BOTH);
  await known(media);
  assert.deepEqual(namesOf(media), ["sd", "hd"]);
  assert.equal(media.audio.peek()?.name, "sound");
  assert.equal(media.jitterMs(), 100);
  media.exclude("hd");
  assert.deepEqual([namesOf(media), media.hasAny()], [["sd"], true]);
  media.exclude("sd");
  assert.deepEqual([namesOf(media), media.hasAny()], [[], false]);
  media.includeAll();
  assert.deepEqual(namesOf(media), ["sd", "hd"]);
  catalog.set(undefined);
  await Promise.resolve();
  assert.deepEqual([namesOf(media), media.audio.peek()], [[], undefined]);
  assert.equal(media.isKnown(), false);
  media.close();
});

Deno.test("PlayableMedia: sound alone counts only without video", async () => {
  using _decoders = withDecoders(["opus"]);
  const catalog = new Signal<Catalog | undefined>(BOTH);
  const media = new PlayableMedia(catalog, SILENT);
  await known(media);
  assert.deepEqual([namesOf(media), media.hasAny()], [[], false]);
  assert.equal(media.audio.peek()?.name, "sound");
  catalog.set({ audio: BOTH.audio! });
  await Promise.resolve();
  assert.equal(media.hasAny(), true);
  media.close();
});
