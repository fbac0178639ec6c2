/**
 * The recorded groups of one track: a file with the groups as they stand on the
 * wire, one after the other, and an index of where each begins. Both only grow;
 * a group is in the recording once its index entry is.
 *
 * @module
 */
import type { TrackInfo } from "@moq-deno/lite";

const ENTRY_BYTES = 32;

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

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  let rest = bytes;
  while (rest.byteLength > 0) rest = rest.subarray(file.writeSync(rest));
}

/** The files of one track in `folder`. */
export interface GroupFiles {
  /** Of the groups. */
  readonly groups: string;
  /** Of the index. */
  readonly index: string;
}

/** The file names of track number `id`: its own name may be anything. */
export function filesOf(folder: string, id: number): GroupFiles {
  return {
    groups: `${folder}/${id}.groups`,
    index: `${folder}/${id}.index`,
  };
}

/** One track's files, open for reading and, while it is recorded, for writing; the owner closes it. */
export class GroupLog implements RecordedTrack, Disposable {
  readonly info: TrackInfo;
  readonly #groups: Deno.FsFile;
  readonly #index: Deno.FsFile | undefined;
  readonly #entries: GroupEntry[];
  #end: number;

  private constructor(
    info: TrackInfo,
    { groups, index, entries }: {
      readonly groups: Deno.FsFile;
      readonly index?: Deno.FsFile;
      readonly entries: GroupEntry[];
    },
  ) {
    this.info = info;
    this.#groups = groups;
    this.#index = index;
    this.#entries = entries;
    this.#end = entries.reduce((sum, { length }) => sum + length, 0);
  }

  /** Creates the files, which must not exist. */
  static create(files: GroupFiles, info: TrackInfo): GroupLog {
    const options = { read: true, write: true, createNew: true };
    const groups = Deno.openSync(files.groups, options);
    const index = Deno.openSync(files.index, options);
    return new GroupLog(info, { groups, index, entries: [] });
  }

  /** Opens the files; what is at their end without being complete is left out. */
  static open(files: GroupFiles, info: TrackInfo): GroupLog {
    const groups = Deno.openSync(files.groups);
    try {
      const { size } = groups.statSync();
      const entries = decodeEntries(Deno.readFileSync(files.index), size);
      return new GroupLog(info, { groups, entries });
    } catch (error) {
      groups.close();
      throw error;
    }
  }

  get entries(): readonly GroupEntry[] {
    return this.#entries;
  }

  /** Adds a complete group: its bytes first, then its entry. */
  append(
    bytes: Uint8Array,
    { sequence, arrivalMs }: Pick<GroupEntry, "sequence" | "arrivalMs">,
  ): void {
    if (!this.#index) throw new TypeError("Expected a log that is recorded");
    const offset = this.#end;
    const entry = { sequence, offset, length: bytes.byteLength, arrivalMs };
    this.#groups.seekSync(offset, Deno.SeekMode.Start);
    writeAll(this.#groups, bytes);
    writeAll(this.#index, encodeEntry(entry));
    this.#end += bytes.byteLength;
    this.#entries.push(entry);
  }

  /** Reads one group; synchronous, as writing is, since both move the one position of the file. */
  read({ offset, length }: GroupEntry): Uint8Array {
    const bytes = new Uint8Array(length);
    this.#groups.seekSync(offset, Deno.SeekMode.Start);
    for (let at = 0; at < length;) {
      const count = this.#groups.readSync(bytes.subarray(at));
      if (count === null) {
        throw new Deno.errors.UnexpectedEof(
          `Expected ${length} bytes of a recorded group, got ${at}`,
        );
      }
      at += count;
    }
    return bytes;
  }

  [Symbol.dispose](): void {
    this.#groups.close();
    this.#index?.close();
  }
}
