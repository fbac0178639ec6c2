/**
 * The recorded groups of one track: a file with the groups as they stand on the
 * wire, one after the other, and an index of where each begins. Both only grow;
 * a group is in the recording once its index entry is.
 *
 * @module
 */
import { MoqError, type TrackInfo } from "@moq-deno/lite";
import { joinBytes, Reader } from "@moq-deno/lite/internal";
import {
  type DamagedEntry,
  encodeEntry,
  ENTRY_BYTES,
  groupChecksum,
  type GroupEntry,
  type IndexContent,
  LOST_BYTE,
  readIndex,
} from "./group_index.ts";
import { appendTo } from "./journal.ts";
import { MAX_TRACK_BYTES } from "./limits.ts";
import type { RecordingFile, RecordingStore } from "./store.ts";

export type { GroupEntry } from "./group_index.ts";

// Timestamp and size of a frame, two varints.
const FRAME_HEADER_BYTES = 16;

/** A track that can be read back. */
export interface RecordedTrack {
  /** Its properties. */
  readonly info: TrackInfo;
  /** Its groups in the order in which they were complete; grows while it is recorded. */
  readonly entries: readonly GroupEntry[];
  /** The group with this number. */
  find(sequence: number): GroupEntry | undefined;
  /** The bytes of one group; throws `MoqError("decode")` when they are not those that were written. */
  read(entry: GroupEntry): Uint8Array;
}

/** The file names of track number `id`: its own name may be anything. */
export function filesOf(
  id: number,
): { readonly groups: string; readonly index: string } {
  return { groups: `${id}.groups`, index: `${id}.index` };
}

/** Where bytes go that were found damaged in a file that is written on. */
export function asideOf(file: string): string {
  return `${file}.damaged`;
}

/** Options of {@linkcode GroupLog.open}. */
export interface OpenGroupLogOptions {
  /** The track's place in the manifest. */
  readonly id: number;
  /** The track's properties. */
  readonly info: TrackInfo;
  /** Whether groups will be appended. */
  readonly access: "read" | "write";
}

/** One track's files, open for reading and, while it is recorded, for writing; the owner closes it. */
export class GroupLog implements RecordedTrack {
  /** The track's properties. */
  readonly info: TrackInfo;
  /** Entries of the index that were not as they were written when it was opened. */
  readonly damaged: readonly DamagedEntry[];
  /** Places in the index whose entries are lost, now or when it was opened before. */
  readonly lost: readonly number[];
  readonly #groups: RecordingFile;
  readonly #index: RecordingFile;
  readonly #access: "read" | "write";
  readonly #entries: GroupEntry[];
  readonly #places: Map<number, GroupEntry> = new Map();
  readonly #starts: Map<number, number> = new Map();
  #highest = -1;
  #bytes = 0;

  private constructor(
    { info, access }: OpenGroupLogOptions,
    { groups, index, content }: {
      readonly groups: RecordingFile;
      readonly index: RecordingFile;
      readonly content: IndexContent;
    },
  ) {
    this.info = info;
    this.damaged = content.damaged;
    this.lost = content.lost;
    this.#access = access;
    this.#groups = groups;
    this.#index = index;
    this.#entries = content.entries;
    for (const entry of this.#entries) this.#note(entry);
  }

  /**
   * Opens the files. Entries of the index that are damaged are left out; with write access they are set aside in a file
   * of their own, and nothing else is changed.
   */
  static open(store: RecordingStore, options: OpenGroupLogOptions): GroupLog {
    const { id, access } = options;
    const files = filesOf(id);
    const groups = store.open(files.groups, access);
    try {
      let index = store.open(files.index, access);
      try {
        const bytes = index.read(0, index.size);
        const { size } = groups;
        const content = readIndex(bytes, {
          size,
          read: (offset, length) => groups.read(offset, length),
        });
        if (access === "write" && isDamaged(content)) {
          index.close();
          setAside(store, { file: files.index, content });
          index = store.open(files.index, access);
        }
        return new GroupLog(options, { groups, index, content });
      } catch (error) {
        index.close();
        throw error;
      }
    } catch (error) {
      groups.close();
      throw error;
    }
  }

  /** The groups in the order in which they were complete. */
  get entries(): readonly GroupEntry[] {
    return this.#entries;
  }

  /** The highest number, -1 without a group. */
  get highest(): number {
    return this.#highest;
  }

  /** Bytes of the file that belong to no group: what was cut off in mid-write, or lost its entry. */
  get unindexedBytes(): number {
    return this.#groups.size - this.#bytes;
  }

  /** The group with this number. */
  find(sequence: number): GroupEntry | undefined {
    return this.#places.get(sequence);
  }

  /** Timestamp of the first frame in ticks of the track, `undefined` for a group that is empty or damaged. */
  startOf({ offset, length }: GroupEntry): number | undefined {
    const known = this.#starts.get(offset);
    if (known !== undefined) return known;
    const head = Math.min(length, FRAME_HEADER_BYTES);
    const ticks = firstTimestamp(this.#groups.read(offset, head));
    if (ticks !== undefined) this.#starts.set(offset, ticks);
    return ticks;
  }

  /** Adds a complete group: its bytes first, then its entry. */
  append(
    bytes: Uint8Array,
    { sequence, arrivalMs }: Pick<GroupEntry, "sequence" | "arrivalMs">,
  ): void {
    if (this.#access === "read") {
      throw new TypeError("Expected a log that is recorded");
    }
    // At the very end: what a crash left without an entry belongs to no group, and is not cut off.
    const offset = this.#groups.size;
    const length = bytes.byteLength;
    if (offset + length > MAX_TRACK_BYTES) {
      throw new MoqError(
        "too-large",
        `Expected at most ${MAX_TRACK_BYTES} bytes of a track, got more`,
      );
    }
    const checksum = groupChecksum(bytes);
    const entry = { sequence, offset, length, arrivalMs, checksum };
    this.#groups.append(bytes);
    this.#index.append(encodeEntry(entry));
    this.#entries.push(entry);
    this.#note(entry);
  }

  /** Reads one group; throws `MoqError("decode")` when its checksum says that it is not what was written. */
  read({ sequence, offset, length, checksum }: GroupEntry): Uint8Array {
    const bytes = this.#groups.read(offset, length);
    if (!checksum || groupChecksum(bytes) === checksum) return bytes;
    throw new MoqError(
      "decode",
      `Expected group ${sequence} as it was recorded, got ${length} bytes with another checksum`,
    );
  }

  /** Closes the files. Idempotent. */
  close(): void {
    this.#groups.close();
    this.#index.close();
  }

  #note(entry: GroupEntry): void {
    this.#places.set(entry.sequence, entry);
    this.#highest = Math.max(this.#highest, entry.sequence);
    this.#bytes += entry.length;
  }
}

/** The timestamp in the head of a group; a reader of the whole group hears what is wrong with it. */
function firstTimestamp(head: Uint8Array): number | undefined {
  const reader = new Reader(head);
  try {
    const delta = reader.varint();
    reader.varint(); // the size of the payload
    return delta % 2 === 0 ? delta / 2 : -(delta + 1) / 2;
  } catch (error) {
    if (error instanceof MoqError) return undefined;
    throw error;
  }
}

function isDamaged({ damaged, rest }: IndexContent): boolean {
  return damaged.length > 0 || rest.byteLength > 0;
}

/** Keeps what does not fit beside the index, and writes the index again with what does. */
function setAside(
  store: RecordingStore,
  { file, content: { entries, damaged, lost, rest } }: {
    readonly file: string;
    readonly content: IndexContent;
  },
): void {
  const bytes = joinBytes([...damaged.map(({ bytes }) => bytes), rest]);
  appendTo(store, { file: asideOf(file), bytes });
  // Takes begin at places in the index, so a lost entry keeps its own.
  const count = entries.length + lost.length;
  const index = new Uint8Array(count * ENTRY_BYTES).fill(LOST_BYTE);
  const places = new Set(lost);
  let next = 0;
  for (let place = 0; place < count; place++) {
    if (places.has(place)) continue;
    index.set(encodeEntry(entries[next++]!), place * ENTRY_BYTES);
  }
  store.replace(file, index);
}
