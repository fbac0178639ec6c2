/**
 * `<hang-watch>` in Chromium behind an emulated link that loses or delays
 * packets.
 *
 * @module
 */
import assert from "node:assert/strict";
import { findChromium } from "../../browser/chromium.ts";
import { Link, type LinkOptions, NARROW_RELAY } from "./link.ts";
import type { Played, PlayerSettings } from "./player_process.ts";
import { netTest } from "./possible.ts";

const SECONDS = 15;
// The clip has 30; a busy machine draws fewer, and does not decode all of the sound in time.
const MIN_PICTURES = 10;
const MAX_SILENT_SHARE = 1 / 3;
const MAX_STILL_MS = 2500;

const LINKS: readonly (LinkOptions & { readonly name: string })[] = [
  { name: "1 % loss", delayMs: 20, loss: 0.01 },
  { name: "3 % loss", delayMs: 20, loss: 0.03 },
  { name: "5 % loss", delayMs: 20, loss: 0.05 },
  { name: "200 ms each way", delayMs: 200 },
];

async function play(link: LinkOptions): Promise<Played> {
  await using network = await Link.open(link);
  await using relay = network.run("clip_process.ts", "relay", null);
  const { port } = await relay.next<{ readonly port: number }>();
  const settings: PlayerSettings = {
    relay: `http://${NARROW_RELAY}:${port}/`,
    seconds: SECONDS,
  };
  await using player = network.run("player_process.ts", "narrow", settings);
  return await player.next<Played>();
}

if (findChromium() !== undefined) {
  for (const { name, ...link } of LINKS) {
    netTest(`hang-watch: plays over a link with ${name}`, async () => {
      const played = await play(link);
      const said = JSON.stringify(played);
      // deno-lint-ignore no-console
      console.log(`${name}: ${said}`);
      assert.ok(played.framesPerSecond >= MIN_PICTURES, said);
      assert.ok(played.stillMs <= MAX_STILL_MS, said);
      assert.ok(played.missingSoundSeconds <= SECONDS * MAX_SILENT_SHARE, said);
      assert.equal(played.transport, "WebTransport");
    });
  }
}
