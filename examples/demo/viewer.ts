/**
 * The viewer without a screen: receives the broadcast through the relay,
 * measures it, and writes it to a file if asked.
 *
 * @module
 */
import { protocolOf, type Session } from "@moq-deno/lite";
import { onAbort } from "@moq-deno/lite/internal";
import {
  type SubscribedMedia,
  subscribeMedia,
  writeMedia,
} from "@moq-deno/hang/media";
import { Meter, type Reading } from "./meter.ts";
import { print, printOver } from "./terminal.ts";

/** Options of {@linkcode watch}. */
export interface WatchOptions {
  /** Path of the broadcast. */
  readonly name: string;
  /** `performance.now()` when media time 0 was due. */
  readonly startMs: () => number;
  /** Where to write what was received. */
  readonly out: string | undefined;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Watches until the signal aborts, with a line of numbers each second. */
export async function watch(
  session: Session,
  { name, startMs, out, signal }: WatchOptions,
): Promise<void> {
  for await (const { path } of session.announced("", signal)) {
    if (path === name) break;
  }
  if (signal.aborted) return;
  const consumer = session.consume(name);
  const received = await subscribeMedia(consumer, { signal });
  const meter = new Meter({ startMs, signal });
  print(
    `watching   "${name}" through the relay, ${
      protocolOf(session.version)
    }; Ctrl-C ends it\n`,
  );
  showProgress(meter, signal);
  const writing = out === undefined ? undefined : writeTo(out, received);
  await meter.run(consumer, received.catalog);
  await received.close();
  if (writing) print(await writing);
}

function progress(
  { groups, frames, bitrateBps, p50Ms, p99Ms }: Reading,
): string {
  return `groups ${groups}  frames ${frames}  ${
    (bitrateBps / 1000).toFixed(0)
  } kbit/s  latency p50 ${p50Ms.toFixed(1)} ms  p99 ${p99Ms.toFixed(1)} ms`;
}

/** Shows a line each second until `signal` aborts: one that is overwritten on a terminal, new ones elsewhere. */
function showProgress(meter: Meter, signal: AbortSignal): void {
  const timer = setInterval(() => printOver(progress(meter.read())), 1000);
  onAbort(signal, () => {
    clearInterval(timer);
    printOver(`done: ${progress(meter.read())}`, { isLast: true });
  });
}

async function writeTo(path: string, media: SubscribedMedia): Promise<string> {
  const file = await Deno.open(path, {
    create: true,
    truncate: true,
    write: true,
  });
  const written = await writeMedia(media, file.writable);
  return `${path}: ${written.videoFrames} pictures and ${written.audioFrames} pieces of sound, ${
    (written.durationUs / 1e6).toFixed(1)
  } s\n`;
}
