/**
 * The recorded groups of one track: a file with the groups as they stand on the
 * wire, one after the other, and an index of where each begins. Both only grow;
 * a group is in the recording once its index entry is.
 *
 * @module
 */
import { Cache, GroupProducer, MoqError, type TrackInfo } from "@moq-deno/lite";
import type { RecordingFile, RecordingStore } from "./store.ts";

const ENTRY_BYTES = 32;
// Timestamp and size of a frame, two varints.
const FRAME_HEADER_BYTES = 16;

/** Where one group is. */
export interface GroupEntry {
  /** Its number within its track. */
  readonly sequence: number;
  /** Offset in the file. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** When it was complete, in milliseconds since 1970. */
  readonly arrivalMs: number;
}

/** A track that can be read back. */
export interface RecordedTrack {
  /** Its properties. */
  readonly info: TrackInfo;
  /** Its groups in the order in which they were complete; grows while it is recorded. */
  readonly entries: readonly GroupEntry[];
  /** The group with this number. */
  find(sequence: number): GroupEntry | undefined;
  /** The bytes of one group. */
  read(entry: GroupEntry): Uint8Array;
}

function encodeEntry(entry: GroupEntry): Uint8Array {
  const bytes = new Uint8Array(ENTRY_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(entry.sequence));
  view.setBigUint64(8, BigInt(entry.offset));
  view.setBigUint64(16, BigInt(entry.length));
  view.setFloat64(24, entry.arrivalMs);
  return bytes;
}

/** The entries of an index up to the first that is cut short or points outside of the `available` bytes. */
export function decodeEntries(
  index: Uint8Array,
  available: number,
): GroupEntry[] {
  const view = new DataView(index.buffer, index.byteOffset, index.byteLength);
  const entries: GroupEntry[] = [];
  let end = 0;
  for (let at = 0; at + ENTRY_BYTES <= index.byteLength; at += ENTRY_BYTES) {
    const entry = {
      sequence: Number(view.getBigUint64(at)),
      offset: Number(view.getBigUint64(at + 8)),
      length: Number(view.getBigUint64(at + 16)),
      arrivalMs: view.getFloat64(at + 24),
    };
    if (entry.offset !== end || !Number.isFinite(entry.arrivalMs)) break;
    end += entry.length;
    if (end > available || !Number.isSafeInteger(entry.sequence)) break;
    entries.push(entry);
  }
  return entries;
}

/** The files of one track. */
export interface GroupFiles {
  /** Of the groups. */
  readonly groups: string;
  /** Of the index. */
  readonly index: string;
}

/** The file names of track number `id`: its own name may be anything. */
export function filesOf(id: number): GroupFiles {
  return { groups: `${id}.groups`, index: `${id}.index` };
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
  /** What is behind the last whole group, in bytes of both files; for those who write it is cut. */
  readonly excessBytes: number;
  readonly #groups: RecordingFile;
  readonly #index: RecordingFile;
  readonly #access: "read" | "write";
  readonly #entries: GroupEntry[];
  readonly #places: Map<number, GroupEntry> = new Map();
  #highest = -1;
  #end: number;

  private constructor(
    { info, access }: OpenGroupLogOptions,
    { groups, index }: {
      readonly groups: RecordingFile;
      readonly index: RecordingFile;
    },
  ) {
    this.info = info;
    this.#access = access;
    this.#groups = groups;
    this.#index = index;
    this.#entries = decodeEntries(index.read(0, index.size), groups.size);
    for (const entry of this.#entries) this.#note(entry);
    this.#end = this.#entries.reduce((sum, { length }) => sum + length, 0);
    const indexEnd = this.#entries.length * ENTRY_BYTES;
    this.excessBytes = groups.size - this.#end + index.size - indexEnd;
    if (access === "read") return;
    groups.truncate(this.#end);
    index.truncate(indexEnd);
  }

  /** Opens the files; what is at their end without being complete is left out. */
  static open(store: RecordingStore, options: OpenGroupLogOptions): GroupLog {
    const files = filesOf(options.id);
    const groups = store.open(files.groups, options.access);
    try {
      const index = store.open(files.index, options.access);
      try {
        return new GroupLog(options, { groups, index });
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

  /** The group with this number. */
  find(sequence: number): GroupEntry | undefined {
    return this.#places.get(sequence);
  }

  /** Timestamp of the first frame in ticks of the track, `undefined` for a group that is empty or damaged. */
  startOf({ offset, length }: GroupEntry): number | undefined {
    const group = new GroupProducer(0, { cache: new Cache(), maxAgeMs: 0 });
    const head = Math.min(length, FRAME_HEADER_BYTES);
    try {
      group.append(this.#groups.read(offset, head));
    } catch (error) {
      // Whoever reads the whole group is told what is wrong with it.
      if (!(error instanceof MoqError)) throw error;
    }
    return group.firstTimestamp;
  }

  /** Adds a complete group: its bytes first, then its entry. */
  append(
    bytes: Uint8Array,
    { sequence, arrivalMs }: Pick<GroupEntry, "sequence" | "arrivalMs">,
  ): void {
    if (this.#access === "read") {
      throw new TypeError("Expected a log that is recorded");
    }
    const offset = this.#end;
    const entry = { sequence, offset, length: bytes.byteLength, arrivalMs };
    this.#groups.append(bytes);
    this.#index.append(encodeEntry(entry));
    this.#end += bytes.byteLength;
    this.#entries.push(entry);
    this.#note(entry);
  }

  /** Reads one group. */
  read({ offset, length }: GroupEntry): Uint8Array {
    return this.#groups.read(offset, length);
  }

  /** Closes the files. Idempotent. */
  close(): void {
    this.#groups.close();
    this.#index.close();
  }

  #note(entry: GroupEntry): void {
    this.#places.set(entry.sequence, entry);
    this.#highest = Math.max(this.#highest, entry.sequence);
  }
}
