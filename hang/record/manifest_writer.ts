/**
 * Writes what a recording says about itself, line by line.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { joinBytes } from "@moq-deno/lite/internal";
import { appendTo, encodeLine, readJournal, readWhole } from "./journal.ts";
import { asideOf } from "./group_log.ts";
import { MAX_MANIFEST_BYTES } from "./limits.ts";
import {
  type CatalogEntry,
  JOURNAL,
  linesOf,
  type Manifest,
  type ManifestLine,
  NEWEST_CATALOG,
  timesWritten,
} from "./manifest.ts";
import type { RecordingFile, RecordingStore } from "./store.ts";

// Takes and tracks find room behind any number of catalogs.
const RESERVED_BYTES = 1 << 20;

/** The journal of one recording, open for writing; the owner closes it. */
export class ManifestWriter {
  readonly #store: RecordingStore;
  readonly #file: RecordingFile;
  #size: number;

  private constructor(store: RecordingStore) {
    this.#store = store;
    this.#file = store.open(JOURNAL, "write");
    this.#size = this.#file.size;
  }

  /** Goes on with the journal of `manifest`, which is written first when there is none. */
  static open(store: RecordingStore, manifest: Manifest): ManifestWriter {
    if (store.files().includes(JOURNAL)) mendEnd(store);
    else writeJournal(store, manifest);
    return new ManifestWriter(store);
  }

  /** Adds a line; throws `MoqError("too-large")` when the journal is full. */
  add(line: ManifestLine): void {
    const bytes = joinBytes(timesWritten(line).map(encodeLine));
    const reserved = "catalog" in line ? RESERVED_BYTES : 0;
    const most = MAX_MANIFEST_BYTES - reserved;
    if (this.#size + bytes.byteLength > most) {
      throw new MoqError(
        "too-large",
        `Expected at most ${most} bytes in ${JOURNAL}, got more; record to another folder`,
      );
    }
    this.#file.append(bytes);
    this.#size += bytes.byteLength;
  }

  /** Keeps a catalog in the place of the one that was kept so before. */
  replaceNewest(entry: CatalogEntry): void {
    const json = JSON.stringify(entry);
    this.#store.replace(NEWEST_CATALOG, new TextEncoder().encode(json));
  }

  /** Closes the file. Idempotent. */
  close(): void {
    this.#file.close();
  }
}

/** Writes all of a manifest in the place of the journal. */
export function writeJournal(store: RecordingStore, manifest: Manifest): void {
  store.replace(JOURNAL, joinBytes(Array.from(linesOf(manifest), encodeLine)));
}

/** A line that was cut off in mid-write is set aside, so that the next one begins a line. */
function mendEnd(store: RecordingStore): void {
  const bytes = readWhole(store, JOURNAL);
  const { rest } = readJournal(bytes);
  if (rest.byteLength > 0) {
    appendTo(store, { file: asideOf(JOURNAL), bytes: rest });
    store.replace(JOURNAL, bytes.slice(0, bytes.byteLength - rest.byteLength));
  } else if (bytes.byteLength > 0 && bytes.at(-1) !== 0x0a) {
    appendTo(store, { file: JOURNAL, bytes: Uint8Array.of(0x0a) });
  }
}
