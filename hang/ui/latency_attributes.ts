/**
 * How long media is held, as attributes say it.
 *
 * @module
 */
import { type Latency, MAX_LATENCY_MS } from "../watch/latency.ts";
import { readNumber } from "./attributes.ts";

/** Has attributes. */
export interface Attributes {
  /** The text of an attribute, `null` where it has none. */
  getAttribute(name: string): string | null;
}

/** What `latency`, or its old name `jitter`, says, else the range of `latency-min` and `latency-max`; else "real-time". */
export function readLatency(element: Attributes): Latency {
  const read = (name: string) =>
    readNumber(element.getAttribute(name), {
      min: 0,
      max: MAX_LATENCY_MS,
      otherwise: NaN,
    });
  const hasLatency = element.getAttribute("latency") !== null;
  const ms = read(hasLatency ? "latency" : "jitter");
  if (!Number.isNaN(ms)) return ms;
  const [minMs, maxMs] = [read("latency-min"), read("latency-max")];
  if (Number.isNaN(minMs) && Number.isNaN(maxMs)) return "real-time";
  return {
    minMs: Number.isNaN(minMs) ? 0 : minMs,
    maxMs: Number.isNaN(maxMs) ? MAX_LATENCY_MS : maxMs,
  };
}
