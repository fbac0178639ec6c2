/**
 * `replay` and `export`: what is on disk to a relay or into a file.
 *
 * @module
 */
import type { Logger, OriginScope } from "@moq-deno/lite";
import { LOCAL_ROUTE } from "@moq-deno/lite/internal";
import { reconnect } from "@moq-deno/lite/deno";
import { writeMedia } from "../media/write.ts";
import { writeRaw } from "../media/write_raw.ts";
import { RecordedBroadcast } from "../record/recorded_broadcast.ts";
import { mediaOf } from "../record/recorded_media.ts";
import { Recording } from "../record/recording.ts";
import type { ExportArguments, ReplayArguments } from "./arguments.ts";
import { deflate } from "../deflate.ts";
import { FolderStore } from "./folder_store.ts";
import { MEDIA_LOG } from "./media_log.ts";
import { firstSession, trust } from "./relay.ts";
import { duration, endSignal, printable, say } from "./terminal.ts";

const MAX_GAPS_SHOWN = 20;

const LOG: Logger = {
  warn: (message, fields) =>
    say(printable(`${message}: ${fields?.name} ${fields?.error}`) + "\n"),
};

/** Serves a recording, live again from its first subscription on, until Ctrl-C or the time is over. */
export async function replay(args: ReplayArguments): Promise<void> {
  using end = endSignal(args.seconds);
  const recording = openRecording(args.folder);
  const connection = reconnect(args.url, trust(args));
  const close = () => connection.close();
  end.signal.addEventListener("abort", close, { once: true });
  try {
    await firstSession(connection, end.signal);
    if (end.signal.aborted) return;
    const broadcast = new RecordedBroadcast(recording, {
      compression: deflate,
    });
    const scope = connection.local.scope();
    serveRecorded(scope, { path: args.name, broadcast });
    say(`serving ${args.folder} as ${JSON.stringify(args.name)}\n`);
    await connection.closed;
  } finally {
    connection.close();
    await connection.closed;
    recording.close();
  }
}

/** Writes one rendition of each kind into a file. */
export async function exportFile(args: ExportArguments): Promise<void> {
  using end = endSignal(args.seconds);
  const recording = openRecording(args.folder);
  try {
    const { file, format, video } = args;
    const audio = format === "raw" ? false : args.audio;
    const media = mediaOf(recording, { video, audio, log: LOG });
    const to = file === "-" ? Deno.stdout.writable : (await Deno.open(file, {
      create: true,
      truncate: true,
      write: true,
    })).writable;
    const options = { signal: end.signal };
    const { videoFrames, audioFrames, durationUs } = format === "raw"
      ? await writeRaw(media, to, options)
      : await writeMedia(media, to, { ...options, format, log: MEDIA_LOG });
    say(
      `${videoFrames} pictures, ${audioFrames} pieces of sound, ${
        duration(durationUs / 1e6)
      }\n`,
    );
  } finally {
    recording.close();
  }
}

/** Opens the recording in a folder and says what it lacks. */
export function openRecording(folder: string): Recording {
  const recording = Recording.open(new FolderStore(folder, "read"));
  sayMissing(recording);
  return recording;
}

/** Puts a recording under a path. */
export function serveRecorded(
  scope: OriginScope,
  { path, broadcast }: {
    readonly path: string;
    readonly broadcast: RecordedBroadcast;
  },
): void {
  const source = { covers: () => false, consume: () => broadcast.consume() };
  scope.claim(path, source, LOCAL_ROUTE);
}

/** Says what is damaged, when nothing was recorded, and which groups are not there. */
export function sayMissing(recording: Recording): void {
  const lines = [...recording.problems.map(printable), ...gapsOf(recording)];
  for (const line of lines.slice(0, MAX_GAPS_SHOWN)) say(`${line}\n`);
  const more = lines.length - MAX_GAPS_SHOWN;
  if (more > 0) say(`and ${more} more, which hang check shows\n`);
}

/** One sentence for each time that nothing was recorded, and for each run of groups that did not come. */
export function gapsOf(recording: Recording): string[] {
  return [
    ...recording.interruptions().map(({ fromMs, toMs, isOtherPublisher }) =>
      `not recorded from ${timeOf(fromMs)} to ${timeOf(toMs)}${
        isOtherPublisher ? ", then from another publisher" : ""
      }`
    ),
    ...recording.missing().map(({ track, from, to }) =>
      `missing of ${printable(track)}: groups ${from} to ${to}`
    ),
  ];
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
