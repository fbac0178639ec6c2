/**
 * `record`, `replay` and `export`: a broadcast to disk, and what is on disk to
 * a relay or into a file.
 *
 * @module
 */
import {
  type Connection,
  LOCAL_ROUTE,
  MoqError,
  type OriginScope,
} from "@moq-deno/lite";
import { reconnect } from "@moq-deno/lite/deno";
import { writeMedia } from "../media/write.ts";
import { writeRaw } from "../media/write_raw.ts";
import { untilAnnounced } from "./announced.ts";
import type {
  ExportArguments,
  RecordArguments,
  ReplayArguments,
} from "./arguments.ts";
import { firstSession, trust } from "./relay.ts";
import { mediaOf } from "./record/export.ts";
import { RecordedBroadcast } from "./record/recorded_broadcast.ts";
import { Recorder } from "./record/recorder.ts";
import { Recording } from "./record/recording.ts";
import { duration, endSignal, say, showProgress } from "./terminal.ts";

const MAX_GAPS_SHOWN = 20;

/** Records until the broadcast ends, Ctrl-C, or the time is over; with `dvr` serves what it has so far as another broadcast. */
export async function record(args: RecordArguments): Promise<void> {
  using end = endSignal(args.seconds);
  const { signal } = end;
  const connection = reconnect(args.url, trust(args));
  try {
    await firstSession(connection, signal);
    if (!signal.aborted) await recordFrom(connection, { args, signal });
  } finally {
    connection.close();
    await connection.closed;
  }
}

async function recordFrom(
  { session, local }: Connection,
  { args, signal }: {
    readonly args: RecordArguments;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  if (!session) throw new MoqError("closed", "Relay ended the session");
  await untilAnnounced(session, args.name, signal);
  if (signal.aborted) return;
  using recorder = new Recorder({
    folder: args.folder,
    name: args.name,
    log: {
      warn: (message, fields) =>
        say(`${message}: ${fields?.name} ${fields?.error ?? ""}\n`),
    },
  });
  const { recording } = recorder;
  if (args.dvr !== undefined) {
    const past = new RecordedBroadcast(recording, { live: false });
    serve(local.scope(), { path: args.dvr, broadcast: past });
  }
  const startMs = performance.now();
  const stop = showProgress({
    line: () =>
      `time ${
        duration((performance.now() - startMs) / 1000)
      }  groups ${recorder.groups}  ${
        (recorder.bytes / 1e6).toFixed(1)
      } MB  lost ${recorder.lost}`,
  });
  try {
    await recorder.run(session.consume(args.name), signal);
  } finally {
    stop();
    sayMissing(recording);
  }
}

/** Serves a recording, live again from its first subscription on, until Ctrl-C or the time is over. */
export async function replay(args: ReplayArguments): Promise<void> {
  using end = endSignal(args.seconds);
  using recording = Recording.open(args.folder);
  sayMissing(recording);
  const connection = reconnect(args.url, trust(args));
  const close = () => connection.close();
  end.signal.addEventListener("abort", close, { once: true });
  try {
    await firstSession(connection, end.signal);
    const broadcast = new RecordedBroadcast(recording);
    serve(connection.local.scope(), { path: args.name, broadcast });
    say(`serving ${args.folder} as ${JSON.stringify(args.name)}\n`);
    await connection.closed;
  } finally {
    connection.close();
    await connection.closed;
  }
}

/** Writes one rendition of each kind into a file. */
export async function exportFile(args: ExportArguments): Promise<void> {
  using end = endSignal(args.seconds);
  using recording = Recording.open(args.folder);
  sayMissing(recording);
  const { file, format, video } = args;
  const audio = format === "raw" ? false : args.audio;
  const media = mediaOf(recording, { video, audio });
  const to = file === "-" ? Deno.stdout.writable : (await Deno.open(file, {
    create: true,
    truncate: true,
    write: true,
  })).writable;
  const options = { signal: end.signal };
  const { videoFrames, audioFrames, durationUs } = format === "raw"
    ? await writeRaw(media, to, options)
    : await writeMedia(media, to, { ...options, format });
  say(
    `${videoFrames} pictures, ${audioFrames} pieces of sound, ${
      duration(durationUs / 1e6)
    }\n`,
  );
}

function serve(
  scope: OriginScope,
  { path, broadcast }: {
    readonly path: string;
    readonly broadcast: RecordedBroadcast;
  },
): void {
  const source = { coversSubtree: false, consume: () => broadcast.consume() };
  scope.claim(path, source, LOCAL_ROUTE);
}

function sayMissing(recording: Recording): void {
  const gaps = recording.missing();
  for (const { track, from, to } of gaps.slice(0, MAX_GAPS_SHOWN)) {
    say(`missing of ${track}: groups ${from} to ${to}\n`);
  }
  const more = gaps.length - MAX_GAPS_SHOWN;
  if (more > 0) say(`and ${more} more gaps\n`);
}
