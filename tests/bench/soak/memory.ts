/**
 * How much memory pages and processes use, and whether it grows.
 *
 * @module
 */
import type { Page } from "../../browser/chromium.ts";

/** What a minute-by-minute series says. */
export interface Growth {
  /** The part of its mean that it grows by in ten minutes. */
  readonly slope: number;
  /** Bytes it grows by in ten minutes. */
  readonly bytes: number;
  /** Whether that is nothing that would add up. */
  readonly isFlat: boolean;
}

const PAGE_BYTES = 4096;
const WARM_UP_MINUTES = 5;
const MOST_SLOPE = 0.01;
// What compiled code and the browser's own records of slow tasks add to a heap of a few MiB.
const MOST_BYTES = 512 * 1024;

/** Bytes that are in use in a page after its garbage is collected; `Performance.enable` comes before. */
export async function heapBytes(page: Page): Promise<number> {
  await page.send("HeapProfiler.collectGarbage");
  const { metrics } = await page.send("Performance.getMetrics") as {
    readonly metrics: readonly {
      readonly name: string;
      readonly value: number;
    }[];
  };
  return metrics.find(({ name }) => name === "JSHeapUsedSize")?.value ?? NaN;
}

/** How much a series of bytes, taken once a minute, grows once five minutes have passed. */
export function growthOf(minutes: readonly number[]): Growth {
  const settled = minutes.slice(WARM_UP_MINUTES);
  const slope = slopePerTenMinutes(settled);
  const bytes = slope * (settled[0] ?? NaN);
  return { slope, bytes, isFlat: !(slope > MOST_SLOPE && bytes > MOST_BYTES) };
}

/** Bytes of the process `pid` that are in memory. Linux. */
export async function residentBytes(pid: number): Promise<number> {
  const [, pages] = (await Deno.readTextFile(`/proc/${pid}/statm`)).split(" ");
  return Number(pages) * PAGE_BYTES;
}

/** Bytes in memory of all processes that draw the pages of browsers which this process has started. Linux. */
export async function renderersBytes(): Promise<number> {
  const parents = new Map<number, number>();
  for await (const { name } of Deno.readDir("/proc")) {
    const pid = Number(name);
    const parent = pid > 0 ? await parentOf(pid) : undefined;
    if (parent !== undefined) parents.set(pid, parent);
  }
  let sum = 0;
  for (const pid of parents.keys()) {
    if (!isOurs(pid, parents)) continue;
    if (!(await commandOf(pid)).includes("--type=renderer")) continue;
    sum += await residentBytes(pid);
  }
  return sum;
}

/** How much of their mean values that were taken once a minute grow in ten minutes, by least squares. */
function slopePerTenMinutes(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const middle = (values.length - 1) / 2;
  let [above, below] = [0, 0];
  for (const [minute, value] of values.entries()) {
    above += (minute - middle) * (value - mean);
    below += (minute - middle) ** 2;
  }
  return below === 0 ? 0 : above / below * 10 / mean;
}

function isOurs(pid: number, parents: ReadonlyMap<number, number>): boolean {
  for (let at: number | undefined = pid; at; at = parents.get(at)) {
    if (at === Deno.pid) return true;
  }
  return false;
}

async function parentOf(pid: number): Promise<number | undefined> {
  try {
    const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined; // It has ended.
  }
}

async function commandOf(pid: number): Promise<string> {
  try {
    return await Deno.readTextFile(`/proc/${pid}/cmdline`);
  } catch {
    return ""; // It has ended.
  }
}
