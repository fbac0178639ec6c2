/**
 * `check`: whether a recording is what was written, and what can be repaired.
 *
 * @module
 */
import {
  type CheckedRecording,
  type CheckedTrack,
  checkRecording,
  repairRecording,
} from "../record/check.ts";
import { command, FOLDER, LOCAL } from "./command.ts";
import { flag, type Values } from "./command_line.ts";
import { FolderStore } from "./folder_store.ts";
import { Recording } from "../record/recording.ts";
import { gapsOf } from "./recordings.ts";
import { print, printable, say } from "./terminal.ts";

const MAX_SHOWN = 20;

const ROWS = {
  ...LOCAL,
  repair: flag(
    "--repair",
    "put in order what can be; what is damaged is kept in files whose names end in .damaged",
  ),
  ...FOLDER,
};

/** Says what is in a recording; throws when not every group is as it was recorded. */
export const check = command({
  name: "check",
  summary: "Verify a recording, and repair it",
  rows: ROWS,
  examples: ["hang check recording", "hang check --repair recording"],
  run: checkFolder,
});

async function checkFolder(
  { folder, repair }: Values<typeof ROWS>,
  signal: AbortSignal,
): Promise<void> {
  if (repair) {
    const damaged = new FolderStore(folder, "read");
    damaged.lock();
    const done = repairRecording(damaged);
    damaged.close();
    if (done.length === 0) say("nothing to repair\n");
    for (const line of done) say(`${printable(line)}\n`);
  }
  const store = new FolderStore(folder, "read");
  const checked = await checkRecording(store, { signal });
  show(checked);
  using recording = Recording.open(store);
  for (const line of gapsOf(recording)) print(`${line}\n`);
  if (checked.isWhole) return;
  const hint = repair
    ? ""
    : `; hang check --repair ${folder} mends what it can`;
  throw new Error(`${folder} is damaged${hint}`);
}

function show({ name, tracks, problems }: CheckedRecording): void {
  print(`recording of ${printable(JSON.stringify(name))}\n`);
  for (const track of tracks) print(`${printable(lineOf(track))}\n`);
  for (const text of problems.slice(0, MAX_SHOWN)) {
    print(`${printable(text)}\n`);
  }
  const more = problems.length - MAX_SHOWN;
  if (more > 0) print(`and ${more} more problems\n`);
}

function lineOf(track: CheckedTrack): string {
  const { groups, bytes, unchecked, damaged, lostEntries } = track;
  const shown = damaged.slice(0, MAX_SHOWN).join(", ");
  const more = damaged.length > MAX_SHOWN ? ", …" : "";
  return [
    `track ${JSON.stringify(track.name)}: ${groups} groups, ${
      (bytes / 1e6).toFixed(1)
    } MB`,
    ...(unchecked > 0 ? [`${unchecked} without a checksum`] : []),
    ...(damaged.length > 0
      ? [`${damaged.length} damaged (${shown}${more})`]
      : []),
    ...(lostEntries > 0 ? [`${lostEntries} lost`] : []),
    ...(track.unindexedBytes > 0
      ? [`${track.unindexedBytes} bytes that belong to no group`]
      : []),
  ].join(", ");
}
