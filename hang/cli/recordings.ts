/**
 * `replay` and `export`: what is on disk to a relay or into a file.
 *
 * @module
 */
import type { OriginScope } from "@moq-deno/lite";
import { aborted, LOCAL_ROUTE } from "@moq-deno/lite/internal";
import { RecordedBroadcast } from "../record/recorded_broadcast.ts";
import { mediaOf } from "../record/recorded_media.ts";
import { Recording } from "../record/recording.ts";
import {
  command,
  EXAMPLE_RELAY,
  FOLDER,
  LOCAL,
  MEDIA,
  OUTPUT,
  PUBLISHING,
} from "./command.ts";
import type { Values } from "./command_line.ts";
import { deflate } from "../deflate.ts";
import { FolderStore } from "./folder_store.ts";
import { MEDIA_LOG } from "./media_log.ts";
import { writeTo } from "./output.ts";
import { openRelay } from "./relay.ts";
import { printable, say } from "./terminal.ts";

const MAX_GAPS_SHOWN = 20;

const REPLAY_ROWS = { ...PUBLISHING, ...FOLDER };
const EXPORT_ROWS = { ...LOCAL, ...MEDIA, ...FOLDER, ...OUTPUT };

/** Serves a recording, live again from its first subscription on, until Ctrl-C or the time is over. */
export const replay = command({
  name: "replay",
  summary: "Serve a recording as a broadcast, live from its start",
  rows: REPLAY_ROWS,
  examples: [`hang replay ${EXAMPLE_RELAY} --name again recording`],
  run: serveReplay,
});

async function serveReplay(
  args: Values<typeof REPLAY_ROWS>,
  signal: AbortSignal,
): Promise<void> {
  using recording = openRecording(args.folder);
  await using relay = await openRelay(args, { role: "publisher", signal });
  if (signal.aborted) return;
  const broadcast = new RecordedBroadcast(recording, { compression: deflate });
  const scope = relay.connection.local.scope();
  serveRecorded(scope, { path: args.name, broadcast });
  say(`serving ${args.folder} as ${JSON.stringify(args.name)}\n`);
  await aborted(relay.signal);
  await relay.check();
}

/** Writes one rendition of each kind into a file. */
export const exportFile = command({
  name: "export",
  summary: "Write a recording into a file",
  rows: EXPORT_ROWS,
  examples: ["hang export recording film.mp4"],
  run: writeFile,
});

async function writeFile(
  args: Values<typeof EXPORT_ROWS>,
  signal: AbortSignal,
): Promise<void> {
  using recording = openRecording(args.folder);
  const { file, format, video } = args;
  const audio = format === "raw" ? false : args.audio;
  const media = mediaOf(recording, { video, audio, log: MEDIA_LOG });
  say(`${await writeTo(file, { media, format, signal })}\n`);
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
