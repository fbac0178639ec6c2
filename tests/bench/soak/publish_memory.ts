/**
 * A page that publishes its camera and microphone, one that plays them, and the relay
 * between them, for half an hour: checks that their memory does not grow.
 * `deno task soak:publish`, with `--minutes 5` for less.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { Chromium, findChromium } from "../../browser/chromium.ts";
import {
  Devices,
  PUBLISHER,
  PublishStage,
} from "../../browser/publish_stage.ts";
import { PLAYER, shown } from "../../browser/player_page.ts";
import {
  growthOf,
  heapBytes,
  renderersBytes,
  residentBytes,
} from "./memory.ts";

const LEAST_MINUTES = 6;
const MINUTE_MS = 60_000;
const MIB = 1024 * 1024;

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "30" } },
});
const minutes = Number(values.minutes);
if (!(minutes >= LEAST_MINUTES)) {
  throw new RangeError(
    `Expected at least ${LEAST_MINUTES} minutes, got ${values.minutes}`,
  );
}
const path = findChromium();
if (path === undefined) Deno.exit(1);

await using devices = await Devices.make("320x180", 15);
await using stage = await PublishStage.open();
await using chromium = await Chromium.launch(path, devices.flags);
const publisher = await stage.publisher(chromium);
await publisher.evaluate(`${PUBLISHER}.source = "camera"`);
await publisher.until(`${PUBLISHER}.state.kind === "live"`);
const viewer = await stage.viewer(chromium);
await shown(viewer, 30);
for (const page of [publisher, viewer]) await page.send("Performance.enable");

const series: Record<string, number[]> = {};
for (let minute = 1; minute <= minutes; minute++) {
  await new Promise((done) => setTimeout(done, MINUTE_MS));
  const now = {
    "publisher's heap": await heapBytes(publisher),
    "viewer's heap": await heapBytes(viewer),
    "both pages' processes": await renderersBytes(),
    "relay's process": await residentBytes(stage.relay.pid),
  };
  for (const [name, bytes] of Object.entries(now)) {
    (series[name] ??= []).push(bytes);
  }
  const encoded = await publisher.evaluate<number>(
    `${PUBLISHER}.stats.video.reduce((sum, one) => sum + one.encodedFrames, 0)`,
  );
  const seen = await viewer.evaluate<number>(`${PLAYER}.stats.shownFrames`);
  const sizes = Object.entries(now).map(([name, bytes]) =>
    `${name} ${(bytes / MIB).toFixed(2)}`
  );
  // deno-lint-ignore no-console
  console.log(
    `${minute} min: MiB: ${
      sizes.join(", ")
    }; pictures encoded ${encoded}, shown ${seen}`,
  );
}

let isFlat = true;
for (const [name, bytes] of Object.entries(series)) {
  const grown = growthOf(bytes);
  isFlat &&= grown.isFlat;
  // deno-lint-ignore no-console
  console.log(
    `${name}: ${(grown.slope * 100).toFixed(2)} %, ${
      (grown.bytes / MIB).toFixed(2)
    } MiB in ten minutes`,
  );
}
Deno.exitCode = isFlat ? 0 : 1;
