/**
 * Plays for a long time with every latency setting side by side, and says each
 * minute how far picture and sound are apart, how far from live they are, and
 * how much memory page and relay take: `deno task soak:watch --minutes 10`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { sleep, systemClock } from "@moq-deno/lite";
import { CanvasStage, playersPage } from "../browser/canvas_stage.ts";
import { findChromium, type Page } from "../browser/chromium.ts";

const SETTINGS = [
  { name: "fixed 200 ms", attributes: `latency="200"` },
  {
    name: "100 to 1000 ms",
    attributes: `latency-min="100" latency-max="1000"`,
  },
  { name: "real-time", attributes: `latency="real-time"` },
];
const MEDIA = {
  renditions: [{ name: "video", width: 192, height: 112, bitrate: 300_000 }],
  sound: true,
};

interface Minute {
  readonly beats: number;
  readonly pairs: number;
  readonly apartMs: number;
  readonly latencyMs: number;
  readonly holdMs: number;
  readonly dropped: number;
  readonly missing: number;
}

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "10" } },
});
const minutes = Number(values.minutes);
const chromium = findChromium();
if (chromium === undefined) Deno.exit(1);
await using stage = await CanvasStage.open({
  chromium,
  media: MEDIA,
  players: playersPage(SETTINGS.map(({ attributes }) => attributes)),
});
const { viewer } = stage;
await viewer.send("Performance.enable");
await viewer.until(
  "globalThis.watched?.every(({ seen }) => seen.length > 3)",
  30_000,
);
print(
  [
    "minute",
    "setting",
    "apart ms",
    "latency ms",
    "hold ms",
    "dropped",
    "missing s",
    "page KiB",
    "relay KiB",
  ],
);
for (let minute = 1; minute <= minutes; minute++) {
  await sleep(systemClock, 60_000);
  const rows = await viewer.evaluate<Minute[]>(`(() => {
    const elements = [...document.querySelectorAll("hang-watch")];
    return watched.map((one, index) => {
      const { holdMs, droppedFrames, missingSoundSeconds } = elements[index].stats;
      return { ...one.summary(58), holdMs, dropped: droppedFrames, missing: missingSoundSeconds };
    });
  })()`);
  const pageBytes = await heapBytes(viewer);
  const relayKiB = await residentKiB(stage.relay.pid);
  for (const [index, row] of rows.entries()) {
    print([
      minute,
      SETTINGS[index]!.name,
      row.apartMs,
      row.latencyMs,
      Math.round(row.holdMs),
      row.dropped,
      row.missing.toFixed(2),
      Math.round(pageBytes / 1024),
      relayKiB,
    ]);
  }
}

function print(cells: readonly (string | number)[]): void {
  // deno-lint-ignore no-console
  console.log(cells.join("\t"));
}

/** What the page's objects take once nothing is left to collect. */
async function heapBytes(page: Page): Promise<number> {
  await page.send("HeapProfiler.collectGarbage");
  const { metrics } = await page.send("Performance.getMetrics") as {
    readonly metrics: readonly {
      readonly name: string;
      readonly value: number;
    }[];
  };
  return metrics.find(({ name }) => name === "JSHeapUsedSize")?.value ?? NaN;
}

async function residentKiB(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
}
