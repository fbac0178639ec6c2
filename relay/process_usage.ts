/**
 * The process's memory and CPU time, as the system counts them.
 *
 * @module
 */
import { cpuUsage } from "node:process";
import type { ProcessUsage } from "./metrics/metrics.ts";

const MICROSECONDS = 1e6;

export function processUsage(): ProcessUsage {
  const { rss, heapUsed } = Deno.memoryUsage();
  const { user, system } = cpuUsage();
  return {
    residentBytes: rss,
    heapBytes: heapUsed,
    cpuSeconds: (user + system) / MICROSECONDS,
  };
}
