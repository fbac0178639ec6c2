/**
 * A recording in a folder.
 *
 * @module
 */
import type { RecordingFile, RecordingStore } from "../record/store.ts";

/**
 * When what was written is safe from a power cut: when the system comes to it, within about a second, or before the
 * next write.
 */
export type SyncMode = "never" | "second" | "group";

const SYNC_INTERVAL_MS = 1000;
// Stays in the folder; the lock itself ends with the process, however that ends.
const LOCK_FILE = "recording.lock";

/** The files of `folder`, which is created when it is opened for writing. */
export class FolderStore implements RecordingStore {
  readonly name: string;
  readonly #sync: SyncMode;
  readonly #files: Set<FolderFile> = new Set();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failure: unknown;
  #lock: Deno.FsFile | undefined;

  /** Throws `Deno.errors` when the folder cannot be created. */
  constructor(
    folder: string,
    access: "read" | "write",
    sync: SyncMode = "never",
  ) {
    this.name = folder;
    this.#sync = sync;
    if (access === "write") Deno.mkdirSync(folder, { recursive: true });
  }

  /** Keeps other processes from writing to the folder until it is closed; throws `Deno.errors.Busy` when one does. */
  lock(): void {
    const path = `${this.name}/${LOCK_FILE}`;
    const file = Deno.openSync(path, { create: true, write: true });
    if (!file.tryLockSync(true)) {
      file.close();
      throw new Deno.errors.Busy(
        `Expected ${this.name} to be written by one process, another one records into it; choose another folder`,
      );
    }
    this.#lock = file;
  }

  files(): readonly string[] {
    return Array.from(Deno.readDirSync(this.name), ({ name }) => name)
      .filter((name) => name !== LOCK_FILE);
  }

  open(name: string, access: "read" | "write"): RecordingFile {
    const isWritten = access === "write";
    const file = Deno.openSync(`${this.name}/${name}`, {
      read: true,
      write: isWritten,
      create: isWritten,
    });
    const opened = new FolderFile(file, {
      name,
      written: (one) => this.#written(one),
      closed: (one) => this.#files.delete(one),
    });
    if (isWritten) this.#syncFolder();
    return opened;
  }

  readText(name: string, maxBytes: number): string {
    const path = `${this.name}/${name}`;
    const { size } = Deno.statSync(path);
    if (size <= maxBytes) return Deno.readTextFileSync(path);
    throw new RangeError(
      `Expected at most ${maxBytes} bytes in ${name}, got ${size}`,
    );
  }

  replace(name: string, bytes: Uint8Array): void {
    const path = `${this.name}/${name}`;
    const options = { write: true, create: true, truncate: true };
    const file = Deno.openSync(`${path}.new`, options);
    try {
      writeAll(file, bytes);
      // Without this a power cut may leave the new name on an empty file.
      if (this.#sync !== "never") file.syncDataSync();
    } finally {
      file.close();
    }
    Deno.renameSync(`${path}.new`, path);
    this.#syncFolder();
  }

  /** Called for each write, in order: a group is on disk before its index entry is written. */
  #written(file: FolderFile): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#sync === "group") return file.sync();
    if (this.#sync === "never") return;
    this.#files.add(file);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#syncFiles(); // does not fail
    }, SYNC_INTERVAL_MS);
  }

  async #syncFiles(): Promise<void> {
    const files = [...this.#files];
    this.#files.clear();
    try {
      await Promise.all(files.map((file) => file.syncLater()));
    } catch (error) {
      // The next write throws it: what was written may not be there.
      this.#failure = error;
    }
  }

  /** Names of files are on disk as well. */
  #syncFolder(): void {
    if (this.#sync === "never" || Deno.build.os === "windows") return;
    const folder = Deno.openSync(this.name, { read: true });
    try {
      folder.syncSync();
    } finally {
      folder.close();
    }
  }

  /** Stops the timer and ends the lock; files that are closed are on disk already. Idempotent. */
  close(): void {
    this.#lock?.close();
    this.#lock = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

interface FolderFileOptions {
  readonly name: string;
  readonly written: (file: FolderFile) => void;
  /** Returns whether it was written and not synced. */
  readonly closed: (file: FolderFile) => boolean;
}

/** Reading and writing move the one position of the file, hence the seeks. */
class FolderFile implements RecordingFile {
  readonly #file: Deno.FsFile;
  readonly #options: FolderFileOptions;
  #isClosed = false;

  constructor(file: Deno.FsFile, options: FolderFileOptions) {
    this.#file = file;
    this.#options = options;
  }

  get size(): number {
    return this.#file.statSync().size;
  }

  append(bytes: Uint8Array): void {
    this.#file.seekSync(0, Deno.SeekMode.End);
    writeAll(this.#file, bytes);
    this.#options.written(this);
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.#file.seekSync(offset, Deno.SeekMode.Start);
    for (let at = 0; at < length;) {
      const count = this.#file.readSync(bytes.subarray(at));
      if (count === null) {
        throw new Deno.errors.UnexpectedEof(
          `Expected ${length} bytes at ${offset} of ${this.#options.name}, got ${at}`,
        );
      }
      at += count;
    }
    return bytes;
  }

  sync(): void {
    this.#file.syncDataSync();
  }

  async syncLater(): Promise<void> {
    try {
      await this.#file.syncData();
    } catch (error) {
      // Closing has synced it.
      if (!this.#isClosed) throw error;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const isUnsynced = this.#options.closed(this);
    try {
      if (isUnsynced) this.sync();
    } finally {
      this.#file.close();
    }
  }
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  let rest = bytes;
  while (rest.byteLength > 0) rest = rest.subarray(file.writeSync(rest));
}
