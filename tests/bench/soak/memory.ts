/**
 * Memory of pages and processes, and its growth.
 *
 * @module
 */
import type { Page } from "../../browser/chromium.ts";

/** The growth of a series with one value per minute. */
export interface Growth {
  /** Growth per ten minutes, as a share of the mean. */
  readonly slope: number;
  /** Growth per ten minutes, in bytes. */
  readonly bytes: number;
  /** Whether that is too little to add up. */
  readonly isFlat: boolean;
}

const PAGE_BYTES = 4096;
const WARM_UP_MINUTES = 5;
const MOST_SLOPE = 0.01;
// What compiled code and the browser's records of slow tasks add to a heap of a few MiB.
const MOST_BYTES = 512 * 1024;

/** Bytes in use in a page after a garbage collection; call `Performance.enable` first. */
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

/** The growth of a series of bytes, one per minute, after the first five minutes. */
export function growthOf(minutes: readonly number[]): Growth {
  const settled = minutes.slice(WARM_UP_MINUTES);
  const slope = slopePerTenMinutes(settled);
  const bytes = slope * (settled[0] ?? NaN);
  return { slope, bytes, isFlat: !(slope > MOST_SLOPE && bytes > MOST_BYTES) };
}

/** Resident memory of the process `pid`, in bytes. Linux. */
export async function residentBytes(pid: number): Promise<number> {
  const [, pages] = (await Deno.readTextFile(`/proc/${pid}/statm`)).split(" ");
  return Number(pages) * PAGE_BYTES;
}

/** Resident memory of all renderer processes of this process's browsers, in bytes. Linux. */
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

/** Growth per ten minutes of values taken once a minute, as a share of their mean, by least squares. */
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
    return undefined; // It has exited.
  }
}

async function commandOf(pid: number): Promise<string> {
  try {
    return await Deno.readTextFile(`/proc/${pid}/cmdline`);
  } catch {
    return ""; // It has exited.
  }
}
