/**
 * A process with the demo's page in Chromium; prints the player's numbers at the
 * start and after some seconds.
 *
 * @module
 */
import { sleep, systemClock } from "@moq-deno/lite";
import { pageFrom } from "../../../examples/demo/ports.ts";
import { say, settings } from "../../integration/process/inside.ts";
import { Chromium, findChromium } from "../../browser/chromium.ts";
import { PLAYER, shown } from "../../browser/player_page.ts";

/** What to play. */
export interface PlayerSettings {
  /** The relay's URL. */
  readonly relay: string;
  /** How long to play after the first picture. */
  readonly seconds: number;
}

/** The results. */
export interface Played {
  /** Pictures shown per second. */
  readonly framesPerSecond: number;
  /** The longest time without a new picture, in milliseconds. */
  readonly stillMs: number;
  /** Sound that was not ready in time, in seconds. */
  readonly missingSoundSeconds: number;
  /** How far the picture was behind the fastest sample at the end, in milliseconds. */
  readonly latencyMs: number;
  /** The transport in use. */
  readonly transport: string;
}

const { relay, seconds } = settings<PlayerSettings>();
const server = pageFrom(18_080, { relay });
const chromium = await Chromium.launch(findChromium()!, [
  "--autoplay-policy=no-user-gesture-required",
]);
// Which transport connects first is random here.
const page = await chromium.page({ before: "delete globalThis.WebSocket" });
await page.goto(`http://127.0.0.1:${server.addr.port}/`);
await shown(page, 60);
await page.evaluate(`(() => {
  globalThis.stillMs = 0;
  let count = 0;
  let sinceMs = performance.now();
  const look = () => {
    const now = ${PLAYER}.stats?.shownFrames ?? count;
    if (now !== count) sinceMs = performance.now();
    count = now;
    stillMs = Math.max(stillMs, performance.now() - sinceMs);
    requestAnimationFrame(look);
  };
  look();
})()`);
const read = `(({ shownFrames, missingSoundSeconds, latencyMs, transport }) =>
  ({ shownFrames, missingSoundSeconds, latencyMs, transport, stillMs }))(${PLAYER}.stats)`;
type Reading = Omit<Played, "framesPerSecond"> & {
  readonly shownFrames: number;
};
const before = await page.evaluate<Reading>(read);
await sleep(systemClock, seconds * 1000);
const after = await page.evaluate<Reading>(read);
const played: Played = {
  framesPerSecond: (after.shownFrames - before.shownFrames) / seconds,
  stillMs: after.stillMs,
  missingSoundSeconds: after.missingSoundSeconds - before.missingSoundSeconds,
  latencyMs: after.latencyMs,
  transport: after.transport,
};
say(played);
await chromium[Symbol.asyncDispose]();
await server.shutdown();
