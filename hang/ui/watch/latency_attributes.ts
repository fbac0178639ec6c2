/**
 * How long media is held, as attributes say it.
 *
 * @module
 */
import { type Latency, MAX_LATENCY_MS } from "../../watch/clock/latency.ts";
import { readNumber } from "../shared/attributes.ts";

/** The attributes that say it. */
export const LATENCY_ATTRIBUTES: readonly string[] = [
  "latency",
  "latency-min",
  "latency-max",
  "jitter",
];

/** What `latency`, or its old name `jitter`, says, else the range of `latency-min` and `latency-max`; else "real-time". */
export function readLatency(
  element: Pick<Element, "getAttribute">,
): Latency {
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

/** Writes what {@linkcode readLatency} reads. */
export function writeLatency(
  element: Pick<Element, "setAttribute" | "removeAttribute">,
  latency: Latency,
): void {
  const values: Readonly<Record<string, string | number>> =
    typeof latency === "object"
      ? { "latency-min": latency.minMs, "latency-max": latency.maxMs }
      : { latency };
  for (const name of LATENCY_ATTRIBUTES) {
    const value = values[name];
    if (value === undefined) element.removeAttribute(name);
    else element.setAttribute(name, String(value));
  }
}
