/**
 * `subscribe`: a broadcast from a relay into a file or to standard output.
 *
 * @module
 */
import { onAbort } from "@moq-deno/lite/internal";
import {
  CATALOG,
  command,
  EXAMPLE_RELAY,
  MEDIA,
  OUTPUT,
  READING,
} from "./command.ts";
import { preset, type Values } from "./command_line.ts";
import { untilEnded } from "./ended.ts";
import { MEDIA_LOG } from "./media_log.ts";
import { writeTo } from "./output.ts";
import { type ReceivedTakes, receiveTakes } from "./received_takes.ts";
import { openRelay } from "./relay.ts";
import { positive } from "./options.ts";
import { duration, say, showProgress } from "./terminal.ts";

const FINISH_MS = 2000;
// A publisher goes live with the tracks that it has; those that are slower come a little later.
const JOIN_MS = 3000;

const ROWS = {
  ...READING,
  ...MEDIA,
  ...CATALOG,
  latencyMs: preset("--latency MS", {
    read: positive,
    preset: "500",
    help: "skip a group when newer media is this far ahead",
  }),
  ...OUTPUT,
};

/** Writes until the broadcast ends, Ctrl-C, or the time is over; goes on after a lost relay. */
export const subscribe = command({
  name: "subscribe",
  summary: "Write a broadcast to a file or to standard output",
  rows: ROWS,
  examples: [
    `hang subscribe ${EXAMPLE_RELAY} --name film - | ffplay -`,
    `hang subscribe ${EXAMPLE_RELAY} --name film --audio none film.mp4`,
  ],
  run: (args, signal) => untilEnded(signal, subscribeUntil(args, signal)),
});

async function subscribeUntil(
  args: Values<typeof ROWS>,
  signal: AbortSignal,
): Promise<void> {
  await using relay = await openRelay(args, { role: "subscriber", signal });
  const takes = await receiveTakes(relay, {
    name: args.name,
    media: {
      latencyMs: args.latencyMs,
      catalog: args.catalog,
      video: args.video,
      audio: args.format === "raw" ? false : args.audio,
      // Of a short time that was asked for, half is left to be written.
      joinMs: Math.min(JOIN_MS, (args.seconds ?? Infinity) * 500),
      log: MEDIA_LOG,
    },
  });
  if (!takes) return await relay.check();
  const release = onAbort(signal, () => void takes.close()); // does not fail
  const running = takes.run();
  try {
    await write(takes, { ...args, signal: soonAfter(signal) });
    await relay.check();
  } finally {
    release();
    await takes.close();
    await running;
  }
}

/** Aborts a while after `signal`: a file is ended in good order, but a reader that does not read is not waited for. */
function soonAfter(signal: AbortSignal): AbortSignal {
  const end = new AbortController();
  const abort = () => end.abort(signal.reason);
  onAbort(signal, () => Deno.unrefTimer(setTimeout(abort, FINISH_MS)));
  return end.signal;
}

async function write(
  media: ReceivedTakes,
  { file, format, signal }: Values<typeof ROWS> & {
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const codecs = [media.video, media.audio]
    .map((track) => track?.config.codec).filter(Boolean).join(" and ");
  say(`receiving ${codecs}\n`);
  const startMs = performance.now();
  const stop = showProgress(() =>
    `time ${
      duration((performance.now() - startMs) / 1000)
    }  groups ${media.groups}`
  );
  try {
    const written = await writeTo(file, { media, format, signal });
    say(`${file === "-" ? "written" : file}: ${written}\n`);
  } finally {
    stop();
  }
}
