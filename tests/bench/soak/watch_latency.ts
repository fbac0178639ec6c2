/**
 * Measures the stages from a camera to the screen, over a relay on this machine:
 * `deno task bench:watch --seconds 20 --csv marks.csv`, with `--sound` for sound
 * beside the picture.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { sleep, systemClock } from "@moq-deno/lite";
import { type FrameLatency, latencyCsv } from "@moq-deno/hang/watch";
import { CanvasStage } from "../../browser/canvas_stage.ts";
import { findChromium } from "../../browser/chromium.ts";

type Station = Exclude<keyof FrameLatency, "timestampUs" | "track">;

const SIZES = [
  { width: 192, height: 112, bitrate: 300_000 },
  { width: 640, height: 360, bitrate: 1_000_000 },
];
const WAYS: readonly (readonly [from: Station, to: Station])[] = [
  ["capturedMs", "encodedMs"],
  ["encodedMs", "sentMs"],
  ["sentMs", "receivedMs"],
  ["receivedMs", "decodedMs"],
  ["decodedMs", "shownMs"],
  ["capturedMs", "decodedMs"],
  ["capturedMs", "shownMs"],
];
// By then the player has settled on its playout delay.
const WARM_UP_MS = 15_000;
const COLLECT_MS = 8000;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "24" },
    sound: { type: "boolean", default: false },
    csv: { type: "string" },
  },
});
const chromium = findChromium();
if (chromium === undefined) Deno.exit(1);
print(["size", "from", "to", "p50 ms", "p95 ms", "p99 ms", "pictures"]);
for (const rendition of SIZES) {
  const rows = await measure(rendition);
  const { width, height } = rendition;
  const size = `${width}x${height}${values.sound ? " with sound" : ""}`;
  for (const [from, to] of WAYS) {
    const taken = rows.flatMap((row) => {
      const [begun, ended] = [row[from], row[to]];
      return begun !== undefined && ended !== undefined ? [ended - begun] : [];
    }).sort((one, other) => one - other);
    const at = (share: number) =>
      (taken[Math.floor(share * (taken.length - 1))] ?? NaN).toFixed(1);
    const name = (station: Station) => station.replace("Ms", "");
    print([
      size,
      name(from),
      name(to),
      at(0.5),
      at(0.95),
      at(0.99),
      taken.length,
    ]);
  }
  if (values.csv) await Deno.writeTextFile(values.csv, latencyCsv(rows));
}

/** The pictures of this many seconds in a `real-time` player. */
async function measure(
  rendition: typeof SIZES[number],
): Promise<readonly FrameLatency[]> {
  const renditions = [{ name: "video", ...rendition }];
  await using stage = await CanvasStage.open({
    chromium: chromium!,
    media: { renditions, sound: values.sound },
    players: `<hang-watch url="RELAY" name="canvas"></hang-watch>
<style>hang-watch { width: ${rendition.width}px }</style>
<script type="module">import "@moq-deno/hang/ui/hang-watch";</script>`,
  });
  const { viewer } = stage;
  const player = `document.querySelector("hang-watch").player`;
  await viewer.until(`${player}?.state().kind === "playing"`, 20_000);
  await viewer.evaluate(`${player}.measuring.set(true)`);
  await sleep(systemClock, WARM_UP_MS);
  const rows = new Map<number, FrameLatency>();
  const untilMs = systemClock.now() + Number(values.seconds) * 1000;
  while (systemClock.now() < untilMs) {
    await sleep(systemClock, COLLECT_MS);
    const seen = await viewer.evaluate<FrameLatency[]>(
      `${player}.latencies().filter((row) => row.capturedMs && row.shownMs)`,
    );
    for (const row of seen) rows.set(row.timestampUs, row);
  }
  return [...rows.values()];
}

function print(cells: readonly (string | number)[]): void {
  // deno-lint-ignore no-console
  console.log(cells.join("\t"));
}
