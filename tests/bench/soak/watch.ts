/**
 * Plays for a long time with every latency setting side by side. Prints each minute
 * how far picture and sound are apart, how far from live they are, and the memory
 * of page and relay: `deno task soak:watch --minutes 10`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { sleep, systemClock } from "@moq-deno/lite";
import { CanvasStage, playersPage } from "../../browser/canvas_stage.ts";
import { findChromium } from "../../browser/chromium.ts";
import {
  growthOf,
  heapBytes,
  renderersBytes,
  residentBytes,
} from "./memory.ts";

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

const MEMORY = ["the player's heap", "the pages' processes", "the relay"];
const MIB = 1024 * 1024;

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
    "heap MiB",
    "pages MiB",
    "relay MiB",
  ],
);
const taken: (readonly number[])[] = [];
for (let minute = 1; minute <= minutes; minute++) {
  await sleep(systemClock, 60_000);
  const rows = await viewer.evaluate<Minute[]>(`(() => {
    const elements = [...document.querySelectorAll("hang-watch")];
    return watched.map((one, index) => {
      const { holdMs, droppedFrames, missingSoundSeconds } = elements[index].stats;
      return { ...one.summary(58), holdMs, dropped: droppedFrames, missing: missingSoundSeconds };
    });
  })()`);
  const memory = [
    await heapBytes(viewer),
    await renderersBytes(),
    await residentBytes(stage.relay.pid),
  ];
  taken.push(memory);
  for (const [index, row] of rows.entries()) {
    print([
      minute,
      SETTINGS[index]!.name,
      row.apartMs,
      row.latencyMs,
      Math.round(row.holdMs),
      row.dropped,
      row.missing.toFixed(2),
      ...memory.map((bytes) => (bytes / MIB).toFixed(2)),
    ]);
  }
}
for (const [index, name] of MEMORY.entries()) {
  const { slope, bytes } = growthOf(taken.map((memory) => memory[index]!));
  const percent = (slope * 100).toFixed(2);
  print([name, `${percent} %, ${(bytes / MIB).toFixed(2)} MiB in ten minutes`]);
}

function print(cells: readonly (string | number)[]): void {
  // deno-lint-ignore no-console
  console.log(cells.join("\t"));
}
