/**
 * Answers PROBE: always with the round trip, with the rate only if there was
 * more to send than the path could carry. moq-lite, "PROBE".
 *
 * @module
 */
import type { SendStream } from "../transport/transport.ts";
import { encodeProbe, type Probe } from "../wire/probe.ts";
import type { SessionContext } from "./context.ts";
import type { Congestion } from "./pacing/congestion.ts";

/** Smaller relative changes are not reported. */
const NOTABLE_SHARE = 0.25;

/** Writes reports to `stream` until `signal` aborts, and ends it. */
export async function reportProbes(
  stream: SendStream,
  { path, version }: Pick<SessionContext, "path" | "version">,
  signal: AbortSignal,
): Promise<void> {
  const release = path.changed.wakeOn(signal);
  let last: Probe | undefined;
  try {
    path.ask();
    while (!signal.aborted) {
      const next = report(path);
      if (next && (!last || isNotable(last, next))) {
        if (!await stream.ready(signal)) break;
        stream.write(encodeProbe(next, version));
        last = next;
      } else {
        await path.changed.changed();
      }
    }
  } finally {
    release();
    stream.close();
  }
}

/** `undefined` until a round trip is known. */
function report({ rttMs, bitrateBps }: Congestion): Probe | undefined {
  if (rttMs === undefined) return undefined;
  // 0 means unknown, so a shorter round trip is reported as one millisecond.
  return { bitrateBps, rttMs: Math.max(1, Math.round(rttMs)) };
}

function isNotable(before: Probe, now: Probe): boolean {
  return differs(before.bitrateBps, now.bitrateBps) ||
    differs(before.rttMs, now.rttMs);
}

function differs(before: number, now: number): boolean {
  if (before === 0 || now === 0) return before !== now;
  return Math.abs(now - before) > before * NOTABLE_SHARE;
}
