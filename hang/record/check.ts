/**
 * Looks at all of a recording: whether every group is what was written, and
 * whether its files are in order. Repairs what can be repaired, and never throws
 * anything away.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { messageOf } from "@moq-deno/lite/internal";
import { asideOf } from "./group_log.ts";
import { appendTo, readJournal, readWhole } from "./journal.ts";
import { JOURNAL, readManifest } from "./manifest.ts";
import { writeJournal } from "./manifest_writer.ts";
import { readGroup } from "./read_group.ts";
import { Recording, type RecordingTrack } from "./recording.ts";
import type { RecordingStore } from "./store.ts";

/** What one track has. */
export interface CheckedTrack {
  /** Its name. */
  readonly name: string;
  /** Groups that are what was written. */
  readonly groups: number;
  /** Their bytes. */
  readonly bytes: number;
  /** Groups without a checksum, of recordings from before there was one; they were parsed. */
  readonly unchecked: number;
  /** Numbers of groups that are not what was written. */
  readonly damaged: readonly number[];
  /** Entries of the index whose group is lost with them, those that were set aside before included. */
  readonly lostEntries: number;
  /** Bytes that belong to no group. */
  readonly unindexedBytes: number;
}

/** What {@linkcode checkRecording} found. */
export interface CheckedRecording {
  /** Path of the broadcast that was recorded. */
  readonly name: string;
  /** Its tracks. */
  readonly tracks: readonly CheckedTrack[];
  /** What is not in order with the files, one sentence each. */
  readonly problems: readonly string[];
  /** Whether every group that was recorded is there. */
  readonly isWhole: boolean;
}

/** Options of {@linkcode checkRecording}. */
export interface CheckRecordingOptions {
  /** Ends it by throwing its reason; looked at between tracks and every few groups. */
  readonly signal?: AbortSignal | undefined;
}

// Others get their turn after so many bytes.
const TURN_BYTES = 8 << 20;

/** Reads every group; throws `MoqError("decode")` where there is no recording. */
export async function checkRecording(
  store: RecordingStore,
  { signal }: CheckRecordingOptions = {},
): Promise<CheckedRecording> {
  const recording = Recording.open(store);
  try {
    const tracks: CheckedTrack[] = [];
    for (const [name, track] of recording.tracks) {
      tracks.push(await checkTrack(name, track, signal));
    }
    const { name, problems } = recording;
    const isWhole = !recording.hasLosses &&
      tracks.every(({ damaged }) => damaged.length === 0);
    return { name, tracks, problems, isWhole };
  } finally {
    recording.close();
  }
}

async function checkTrack(
  name: string,
  { log }: RecordingTrack,
  signal: AbortSignal | undefined,
): Promise<CheckedTrack> {
  const damaged: number[] = [];
  let [bytes, unchecked, sinceTurn] = [0, 0, 0];
  for (const entry of log.entries) {
    try {
      const group = log.read(entry);
      if (!entry.checksum) {
        unchecked++;
        readGroup(group);
      }
      bytes += entry.length;
    } catch (error) {
      if (!(error instanceof MoqError)) throw error;
      damaged.push(entry.sequence);
    }
    sinceTurn += entry.length;
    if (sinceTurn < TURN_BYTES) continue;
    sinceTurn = 0;
    await new Promise((resolve) => setTimeout(resolve, 0));
    signal?.throwIfAborted();
  }
  return {
    name,
    groups: log.entries.length - damaged.length,
    bytes,
    unchecked,
    damaged,
    lostEntries: log.lost.length,
    unindexedBytes: log.unindexedBytes,
  };
}

/**
 * Writes the indexes and the journal again with all that can be read of them; what is damaged is kept in files whose
 * names end in `.damaged`. Returns what was done, one sentence each; throws as {@linkcode checkRecording}.
 */
export function repairRecording(store: RecordingStore): readonly string[] {
  const done: string[] = [];
  const manifest = readManifest(store);
  const hasJournal = store.files().includes(JOURNAL);
  const aside = hasJournal ? damagedLines(store) : undefined;
  if (aside && aside.byteLength > 0) {
    appendTo(store, { file: asideOf(JOURNAL), bytes: aside });
    done.push(`${asideOf(JOURNAL)} has the journal as it was`);
  }
  if (!hasJournal || (aside && aside.byteLength > 0)) {
    writeJournal(store, manifest);
    done.push(`${JOURNAL} was written again`);
  }
  let recording: Recording;
  try {
    // With write access the indexes are put in order.
    recording = Recording.open(store, "write");
  } catch (error) {
    return [...done, messageOf(error)];
  }
  for (const [name, { id, log }] of recording.tracks) {
    if (log.damaged.length === 0) continue;
    done.push(
      `index of track ${
        JSON.stringify(name)
      } was written again; ${id}.index.damaged has the entries that were damaged`,
    );
  }
  recording.close();
  return done;
}

/** All of the journal where any of it is damaged: little enough to keep. */
function damagedLines(store: RecordingStore): Uint8Array {
  const bytes = readWhole(store, JOURNAL);
  const { damaged, rest } = readJournal(bytes);
  const isDamaged = damaged.length > 0 || rest.byteLength > 0;
  return isDamaged ? bytes : new Uint8Array();
}
