/**
 * How much memory processes use, and whether it grows.
 *
 * @module
 */

const PAGE_BYTES = 4096;

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
export function slopePerTenMinutes(values: readonly number[]): number {
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
