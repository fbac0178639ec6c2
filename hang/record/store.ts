/**
 * Where a recording is kept: a few files that only grow, and some that are
 * replaced as a whole. A folder in Deno, memory in a test or a page.
 *
 * @module
 */

/** A file that is read anywhere and written at its end; its opener closes it. */
export interface RecordingFile {
  /** Bytes in it now. */
  readonly size: number;
  /** Writes behind the last byte; throws when not all of it could be written. */
  append(bytes: Uint8Array): void;
  /** Exactly `length` bytes from `offset` on; throws when there are fewer. */
  read(offset: number, length: number): Uint8Array;
  /** Idempotent. */
  close(): void;
}

/** Files by name. Synchronous, so that a group and its place in the index are written in one go. */
export interface RecordingStore {
  /** For people: where it is. */
  readonly name: string;
  /** The names of its files. */
  files(): readonly string[];
  /** Opens a file; one that is written is created when it is not there. */
  open(name: string, access: "read" | "write"): RecordingFile;
  /** A whole file as text; throws when it is larger than `maxBytes`. */
  readText(name: string, maxBytes: number): string;
  /** Puts `bytes` in the place of the file, as a whole or not at all. */
  replace(name: string, bytes: Uint8Array): void;
}
