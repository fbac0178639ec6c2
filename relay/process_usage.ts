/**
 * What this process has used, as the system counts it.
 *
 * @module
 */
import { cpuUsage } from "node:process";
import type { ProcessUsage } from "./metrics/metrics.ts";

const MICROSECONDS = 1e6;

/** Its memory and processor time so far. */
export function processUsage(): ProcessUsage {
  const { rss, heapUsed } = Deno.memoryUsage();
  const { user, system } = cpuUsage();
  return {
    residentBytes: rss,
    heapBytes: heapUsed,
    cpuSeconds: (user + system) / MICROSECONDS,
  };
}
