/**
 * A recording in memory.
 *
 * @module
 */
import type { RecordingFile, RecordingStore } from "./store.ts";

/** Keeps files for as long as it lives; `bytes` shows them to tests that damage them. */
export class MemoryStore implements RecordingStore {
  /** For messages. */
  readonly name = "memory";
  /** What each file has. */
  readonly bytes: Map<string, Uint8Array> = new Map();

  /** Their names. */
  files(): readonly string[] {
    return [...this.bytes.keys()];
  }

  /** A view of one file; throws when there is none to read. */
  open(name: string, access: "read" | "write"): RecordingFile {
    if (!this.bytes.has(name)) {
      if (access === "read") throw new Error(`No such file: ${name}`);
      this.bytes.set(name, new Uint8Array());
    }
    return new MemoryFile(this.bytes, name);
  }

  /** One file as text. */
  readText(name: string, maxBytes: number): string {
    const bytes = this.bytes.get(name);
    if (!bytes) throw new Error(`No such file: ${name}`);
    if (bytes.byteLength > maxBytes) {
      throw new RangeError(
        `Expected at most ${maxBytes} bytes in ${name}, got ${bytes.byteLength}`,
      );
    }
    return new TextDecoder().decode(bytes);
  }

  /** Puts `bytes` in the place of a file. */
  replace(name: string, bytes: Uint8Array): void {
    this.bytes.set(name, bytes.slice());
  }
}

class MemoryFile implements RecordingFile {
  readonly #files: Map<string, Uint8Array>;
  readonly #name: string;

  constructor(files: Map<string, Uint8Array>, name: string) {
    this.#files = files;
    this.#name = name;
  }

  get #bytes(): Uint8Array {
    return this.#files.get(this.#name)!;
  }

  get size(): number {
    return this.#bytes.byteLength;
  }

  append(bytes: Uint8Array): void {
    const whole = new Uint8Array(this.size + bytes.byteLength);
    whole.set(this.#bytes);
    whole.set(bytes, this.size);
    this.#files.set(this.#name, whole);
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = this.#bytes.slice(offset, offset + length);
    if (bytes.byteLength === length) return bytes;
    throw new RangeError(
      `Expected ${length} bytes at ${offset} of ${this.#name}, got ${bytes.byteLength}`,
    );
  }

  close(): void {
    // Nothing is held open.
  }
}
