/**
 * Where the time goes between a camera and a viewer in Chromium, over a relay
 * on this machine: `deno run -A tests/browser/publish_latency.ts`, with
 * `--size 192x108` for another picture.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { Chromium, findChromium } from "./chromium.ts";
import { PLAYER } from "./player_page.ts";
import { publishCamera } from "./publish_page.ts";
import { Devices, PUBLISHER, PublishStage } from "./publish_stage.ts";

const SETTLE_PICTURES = 450;
const STATIONS = [
  "captured",
  "encoded",
  "sent",
  "received",
  "decoded",
  "shown",
] as const;

/** One picture: milliseconds since 1970 by station, as in `capturedMs`. */
type Row = Readonly<Record<string, number | undefined>>;

const { values } = parseArgs({
  options: { size: { type: "string", default: "640x360" } },
});
const path = findChromium();
if (path === undefined) Deno.exit(1);
await using devices = await Devices.make(values.size);
await using stage = await PublishStage.open();
await using chromium = await Chromium.launch(path, devices.flags);
const page = await stage.publisher(chromium);
await page.evaluate(`${PUBLISHER}.setAttribute("simulcast", "false")`);
await publishCamera(page);
const viewer = await stage.viewer(chromium);
await viewer.until(`${PLAYER}?.player`);
await viewer.evaluate(`${PLAYER}.player.measuring.set(true)`);
await viewer.until(`${PLAYER}.stats.shownFrames > ${SETTLE_PICTURES}`, 90_000);
const rows = (await viewer.evaluate<readonly Row[]>(
  `${PLAYER}.player.latencies()`,
)).filter(({ capturedMs, shownMs }) => capturedMs && shownMs);

function quantile(sorted: readonly number[], share: number): string {
  const at = Math.min(sorted.length - 1, Math.floor(sorted.length * share));
  return `${(sorted[at] ?? NaN).toFixed(1)} ms`;
}

function print(from: string, to: string): void {
  const spans = rows
    .map((row) => (row[`${to}Ms`] ?? NaN) - (row[`${from}Ms`] ?? NaN))
    .filter((ms) => !Number.isNaN(ms))
    .sort((one, other) => one - other);
  // deno-lint-ignore no-console
  console.log(
    `${from} to ${to}: p50 ${quantile(spans, 0.5)}, p95 ${
      quantile(spans, 0.95)
    } of ${spans.length}`,
  );
}

for (const [index, to] of STATIONS.slice(1).entries()) {
  print(STATIONS[index]!, to);
}
print("captured", "decoded");
print("captured", "shown");
