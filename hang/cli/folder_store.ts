/**
 * A recording in a folder.
 *
 * @module
 */
import type { RecordingFile, RecordingStore } from "../record/store.ts";

/** The files of `folder`, which is created when somebody is going to write. */
export class FolderStore implements RecordingStore {
  readonly name: string;

  /** Throws `Deno.errors` when the folder cannot be created. */
  constructor(folder: string, access: "read" | "write") {
    this.name = folder;
    if (access === "write") Deno.mkdirSync(folder, { recursive: true });
  }

  files(): readonly string[] {
    return Array.from(Deno.readDirSync(this.name), ({ name }) => name);
  }

  open(name: string, access: "read" | "write"): RecordingFile {
    const isWritten = access === "write";
    const file = Deno.openSync(`${this.name}/${name}`, {
      read: true,
      write: isWritten,
      create: isWritten,
    });
    return new FolderFile(file, name);
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
    Deno.writeFileSync(`${path}.new`, bytes);
    Deno.renameSync(`${path}.new`, path);
  }
}

/** Reading and writing move the one position of the file, hence the seeks. */
class FolderFile implements RecordingFile {
  readonly #file: Deno.FsFile;
  readonly #name: string;
  #isClosed = false;

  constructor(file: Deno.FsFile, name: string) {
    this.#file = file;
    this.#name = name;
  }

  get size(): number {
    return this.#file.statSync().size;
  }

  append(bytes: Uint8Array): void {
    this.#file.seekSync(0, Deno.SeekMode.End);
    let rest = bytes;
    while (rest.byteLength > 0) {
      rest = rest.subarray(this.#file.writeSync(rest));
    }
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.#file.seekSync(offset, Deno.SeekMode.Start);
    for (let at = 0; at < length;) {
      const count = this.#file.readSync(bytes.subarray(at));
      if (count === null) {
        throw new Deno.errors.UnexpectedEof(
          `Expected ${length} bytes at ${offset} of ${this.#name}, got ${at}`,
        );
      }
      at += count;
    }
    return bytes;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#file.close();
  }
}
