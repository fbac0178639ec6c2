/**
 * Recording a broadcast as it arrives: every catalog, and every group of every
 * track that a catalog names, in as many takes as it needs.
 *
 * @module
 */
import {
  type BroadcastConsumer,
  type GroupConsumer,
  type Logger,
  MoqError,
  type TrackInfo,
} from "@moq-deno/lite";
import {
  asMoqError,
  equalBytes,
  groupOf,
  SILENT,
} from "@moq-deno/lite/internal";
import type { Catalog } from "../catalog/catalog.ts";
import { GroupLog } from "./group_log.ts";
import {
  MAX_CATALOG_LOG_BYTES,
  MAX_CATALOGS,
  MAX_RECORDED_TRACKS,
  MAX_TAKES,
  MAX_TRACK_NAME_BYTES,
  MAX_TRACK_TAKES,
  maxSequence,
} from "./limits.ts";
import {
  JOURNAL,
  type Manifest,
  NEWEST_CATALOG,
  OLD_MANIFESTS,
  readManifest,
} from "./manifest.ts";
import { ManifestWriter } from "./manifest_writer.ts";
import {
  isSamePublisher,
  Recording,
  type RecordingTrack,
} from "./recording.ts";
import type { RecordingStore } from "./store.ts";
import { RunningTake } from "./running_take.ts";

/** Options of {@linkcode Recorder}. */
export interface RecorderOptions {
  /** Where the recording goes; one that is there is gone on with. */
  readonly store: RecordingStore;
  /** Path of the broadcast. */
  readonly name: string;
  /** Hears of what could not be recorded. */
  readonly log?: Logger | undefined;
}

/** Options of {@linkcode Recorder.run}. */
export interface RecordTakeOptions {
  /** Who publishes, where that is known: the same id as before means that group numbers go on. */
  readonly publisher?: string | undefined;
  /** Ends the take. */
  readonly signal: AbortSignal;
}

/** Writes one broadcast to a store; the owner closes it when nothing runs any more. */
export class Recorder {
  /** What there is so far, readable while it grows. */
  readonly recording: Recording;
  readonly #store: RecordingStore;
  readonly #log: Logger;
  readonly #manifest: ManifestWriter;
  readonly #refused: Set<RecordingTrack> = new Set();
  #catalogText: string | undefined;
  #catalogBytes = 0;
  #hasNewest: boolean;
  #nextId: number;
  #nextTake: number;
  #isTakeWritten = false;
  #failure: MoqError | undefined;
  #isRenumbered = false;
  #groups = 0;
  #bytes = 0;
  #lost = 0;

  /** Opens the store; throws `MoqError("unsupported")` when it has the recording of another broadcast, `"decode"` when that cannot be read. */
  constructor({ store, name, log = SILENT }: RecorderOptions) {
    this.#store = store;
    this.#log = log;
    const { recording, manifest } = openForWriting(store, name);
    this.recording = recording;
    this.#manifest = manifest;
    const files = store.files();
    this.#hasNewest = files.includes(NEWEST_CATALOG);
    this.#nextId = freeId(files);
    // Higher than any before, of which some may have been lost.
    this.#nextTake = Date.now();
    for (const { catalog } of recording.catalogs) this.#countCatalog(catalog);
  }

  /** Groups written. */
  get groups(): number {
    return this.#groups;
  }

  /** Bytes written. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Groups that began to arrive and were not complete. */
  get lost(): number {
    return this.#lost;
  }

  /** Records one take until the broadcast ends, is lost, or the signal aborts; throws what the store failed with. One at a time. */
  async run(
    broadcast: BroadcastConsumer,
    options: RecordTakeOptions,
  ): Promise<void> {
    const { recording } = this;
    const { publisher, signal } = options;
    const takes = recording.takes.length + 1;
    const places = takes * Math.max(1, recording.tracks.size);
    if (takes > MAX_TAKES || places > MAX_TRACK_TAKES) {
      throw new MoqError(
        "too-large",
        `Expected at most ${MAX_TAKES} takes and ${MAX_TRACK_TAKES} beginnings in tracks in ${this.#store.name}, got more; record to another folder`,
      );
    }
    recording.takes.push({ startMs: Date.now(), publisher });
    for (const track of recording.tracks.values()) this.#addTake(track);
    // It is written with its first group.
    this.#isTakeWritten = false;
    recording.changed.wake();
    const take = new RunningTake(this, { broadcast, outer: signal });
    await take.run();
    this.#dropEmptyTake();
    if (this.#failure) throw this.#failure;
    if (!this.#isRenumbered || signal.aborted) return;
    this.#isRenumbered = false;
    // The same publisher counts from 0 again: that is another take.
    await this.run(broadcast, { ...options, publisher: undefined });
  }

  /** A peer that fails is logged; a store that fails ends the recording, and its error is returned. */
  note(
    message: string,
    { error, name = "" }: { readonly error: unknown; readonly name?: string },
  ): MoqError | undefined {
    const failure = asMoqError(error);
    this.#log.warn?.(message, { name, error: failure.message });
    if (error instanceof MoqError) return undefined;
    return this.#failure ??= failure;
  }

  /** Adds a catalog, in the place of the newest one when there are as many as are kept. */
  addCatalog(catalog: Catalog): void {
    const { catalogs, changed } = this.recording;
    const before = this.#catalogText;
    const bytes = this.#catalogBytes;
    if (this.#countCatalog(catalog) === before) return;
    const entry = { arrivalMs: Date.now(), catalog };
    const isFull = catalogs.length >= MAX_CATALOGS ||
      this.#catalogBytes > MAX_CATALOG_LOG_BYTES;
    if (isFull) {
      // Without this one, what was kept in this way before is the last.
      this.#catalogBytes = bytes;
      if (this.#hasNewest) catalogs.pop();
      else {
        const error = new MoqError(
          "too-large",
          `Expected at most ${MAX_CATALOGS} catalogs and ${MAX_CATALOG_LOG_BYTES} bytes of them, got more; the newest one is kept`,
        );
        this.note("not every catalog is recorded", { error });
      }
      this.#hasNewest = true;
      this.#manifest.replaceNewest(entry);
    } else this.#manifest.add({ catalog: entry });
    catalogs.push(entry);
    changed.wake();
  }

  /** The track called `name`, created if need be; throws `MoqError("unsupported")` when it had another timescale before. */
  track(name: string, info: TrackInfo): RecordingTrack {
    const { tracks, takes } = this.recording;
    const present = tracks.get(name);
    if (present) {
      const { timescale } = present.log.info;
      if (timescale === info.timescale) return present;
      throw new MoqError(
        "unsupported",
        `Expected a timescale of ${timescale} as before, got ${info.timescale}`,
      );
    }
    this.#checkTrack(name);
    const id = this.#nextId++;
    const log = GroupLog.open(this.#store, { id, info, access: "write" });
    const none = { first: 0, base: 0 };
    const track = { id, log, takes: takes.map(() => none) };
    tracks.set(name, track);
    this.#manifest.add({ track: { id, name, info } });
    this.recording.changed.wake();
    return track;
  }

  /** Writes a group that ended well; the others are counted. `false` when its number is that of another group. */
  add(track: RecordingTrack, consumer: GroupConsumer): boolean {
    const group = groupOf(consumer);
    const { log, takes } = track;
    const base = takes.at(-1)?.base ?? 0;
    const isWhole = group.isWhole && group.frameStart === 0;
    if (!isWhole) {
      this.#lost++;
      return true;
    }
    if (group.sequence > maxSequence(base)) {
      this.#refuse(track, group.sequence);
      return true;
    }
    const sequence = group.sequence + base;
    const bytes = group.log.slice(0, group.log.length);
    const known = readKnown(log, sequence);
    if (known) {
      this.#isRenumbered ||= !equalBytes(bytes, known);
      return !this.#isRenumbered;
    }
    this.#writeTake();
    log.append(bytes, { sequence, arrivalMs: Date.now() });
    this.#groups++;
    this.#bytes += bytes.byteLength;
    this.recording.changed.wake();
    return true;
  }

  /** Closes the files. */
  close(): void {
    this.recording.complete();
    this.recording.close();
    this.#manifest.close();
  }

  /** Counts its bytes; returns its text. */
  #countCatalog(catalog: Catalog): string {
    const text = JSON.stringify(catalog);
    if (text !== this.#catalogText) this.#catalogBytes += text.length;
    this.#catalogText = text;
    return text;
  }

  #checkTrack(name: string): void {
    if (this.recording.tracks.size >= MAX_RECORDED_TRACKS) {
      throw new MoqError(
        "too-large",
        `Expected at most ${MAX_RECORDED_TRACKS} tracks in ${this.#store.name}, got more; record to another folder`,
      );
    }
    const bytes = new TextEncoder().encode(name).byteLength;
    if (bytes <= MAX_TRACK_NAME_BYTES) return;
    throw new MoqError(
      "too-large",
      `Expected a track's name of at most ${MAX_TRACK_NAME_BYTES} bytes, got ${bytes}`,
    );
  }

  #refuse(track: RecordingTrack, sequence: number): void {
    this.#lost++;
    if (this.#refused.has(track)) return;
    this.#refused.add(track);
    const most = maxSequence(track.takes.at(-1)?.base ?? 0);
    const error = new MoqError(
      "too-large",
      `Expected group numbers up to ${most}, got ${sequence}`,
    );
    this.note("group not recorded", { error, name: this.#nameOf(track) });
  }

  #nameOf(track: RecordingTrack): string {
    const found = [...this.recording.tracks].find(([, one]) => one === track);
    return found?.[0] ?? "";
  }

  /** Writes where the take begins, before its first group. */
  #writeTake(): void {
    if (this.#isTakeWritten) return;
    const { takes } = this.recording;
    const tracks = [...this.recording.tracks.values()].map(
      ({ id, log, takes }): [number, number, number] => {
        const { first, base } = takes.at(-1)!;
        // A place in the index, where entries that were lost keep theirs.
        return [id, first + log.lost.length, base];
      },
    );
    const number = this.#nextTake++;
    this.#manifest.add({ take: { ...takes.at(-1)!, number, tracks } });
    this.#isTakeWritten = true;
  }

  #addTake({ log, takes }: RecordingTrack): void {
    const [before, take] = this.recording.takes.slice(-2);
    const goesOn = before && take && isSamePublisher(before, take);
    takes.push({
      first: log.entries.length,
      base: goesOn ? takes.at(-1)?.base ?? 0 : log.highest + 1,
    });
  }

  #dropEmptyTake(): void {
    const { takes, tracks } = this.recording;
    if (this.#isTakeWritten) return;
    takes.pop();
    for (const track of tracks.values()) track.takes.pop();
  }
}

function openForWriting(
  store: RecordingStore,
  name: string,
): { readonly recording: Recording; readonly manifest: ManifestWriter } {
  const files = store.files();
  if (files.length === 0) {
    const none = { name, catalogs: [], takes: [], tracks: [], problems: [] };
    const manifest = ManifestWriter.open(store, none);
    return { recording: new Recording(none), manifest };
  }
  if (![JOURNAL, ...OLD_MANIFESTS].some((file) => files.includes(file))) {
    throw new MoqError(
      "unsupported",
      `Expected an empty folder or a recording, ${store.name} has other files`,
    );
  }
  const before: Manifest = readManifest(store);
  if (before.name !== name) {
    throw new MoqError(
      "unsupported",
      `Expected a recording of ${name}, ${store.name} has one of ${before.name}`,
    );
  }
  const recording = Recording.open(store, "write");
  try {
    return { recording, manifest: ManifestWriter.open(store, before) };
  } catch (error) {
    recording.close();
    throw error;
  }
}

/** The first number that no file has: one whose track is not known any more keeps its own. */
function freeId(files: readonly string[]): number {
  let free = 0;
  for (const file of files) {
    const [, id] = /^(\d{1,15})\.(?:groups|index)$/.exec(file) ?? [];
    if (id !== undefined) free = Math.max(free, Number(id) + 1);
  }
  return free;
}

/** The bytes of group `sequence`; nothing where there is none, or one that was damaged on disk. */
function readKnown(log: GroupLog, sequence: number): Uint8Array | undefined {
  const entry = log.find(sequence);
  if (!entry) return undefined;
  try {
    return log.read(entry);
  } catch (error) {
    if (error instanceof MoqError && error.code === "decode") return undefined;
    throw error;
  }
}
