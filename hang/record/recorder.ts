/**
 * Recording a broadcast as it arrives: every catalog, and every group of every
 * track that a catalog names, in as many takes as it needs.
 *
 * @module
 */
import {
  asMoqError,
  type BroadcastConsumer,
  type GroupConsumer,
  type Logger,
  MoqError,
  SILENT,
  type TrackInfo,
} from "@moq-deno/lite";
import type { Catalog } from "../catalog/catalog.ts";
import { GroupLog } from "./group_log.ts";
import { MANIFEST, writeManifest } from "./manifest.ts";
import {
  isSamePublisher,
  Recording,
  type RecordingTrack,
} from "./recording.ts";
import type { RecordingStore } from "./store.ts";
import { RunningTake } from "./running_take.ts";

const MAX_CATALOGS = 1000;
const MAX_TAKES = 9000;

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
  #failure: MoqError | undefined;
  #isRenumbered = false;
  #groups = 0;
  #bytes = 0;
  #lost = 0;

  /** Opens the store; throws `MoqError("unsupported")` when it has the recording of another broadcast, `"decode"` when that cannot be read. */
  constructor({ store, name, log = SILENT }: RecorderOptions) {
    this.#store = store;
    this.#log = log;
    this.recording = openForWriting(store, name);
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
    if (recording.takes.length >= MAX_TAKES) {
      throw new MoqError(
        "too-large",
        `Expected at most ${MAX_TAKES} takes in ${this.#store.name}, got more`,
      );
    }
    recording.takes.push({ startMs: Date.now(), publisher });
    for (const track of recording.tracks.values()) this.#addTake(track);
    this.#save();
    const take = new RunningTake(this, { broadcast, outer: signal });
    await take.run();
    this.#dropEmptyTake();
    if (this.#failure) throw this.#failure;
    if (!this.#isRenumbered || signal.aborted) return;
    this.#isRenumbered = false;
    // The same publisher began to count anew: that is another take.
    await this.run(broadcast, { ...options, publisher: undefined });
  }

  /** A peer that fails is told of; a store that fails ends the recording, which is returned. */
  note(
    message: string,
    { error, name = "" }: { readonly error: unknown; readonly name?: string },
  ): MoqError | undefined {
    const failure = asMoqError(error);
    this.#log.warn?.(message, { name, error: failure.message });
    if (error instanceof MoqError) return undefined;
    return this.#failure ??= failure;
  }

  /** Adds a catalog. */
  addCatalog(catalog: Catalog): void {
    const { catalogs } = this.recording;
    const text = JSON.stringify(catalog);
    if (text === JSON.stringify(catalogs.at(-1)?.catalog)) return;
    // A catalog that never rests: the newest is the one that is needed.
    if (catalogs.length === MAX_CATALOGS) catalogs.pop();
    catalogs.push({ arrivalMs: Date.now(), catalog });
    this.#save();
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
    const id = tracks.size;
    const log = GroupLog.open(this.#store, { id, info, access: "write" });
    const none = { first: 0, base: 0 };
    const track = { log, takes: takes.map(() => none) };
    tracks.set(name, track);
    this.#save();
    return track;
  }

  /** Writes a group that ended well; the others are counted. `false` when its number is that of another group. */
  add({ log, takes }: RecordingTrack, { group }: GroupConsumer): boolean {
    const sequence = group.sequence + (takes.at(-1)?.base ?? 0);
    const isWhole = group.isWhole && group.frameStart === 0;
    if (!isWhole || !Number.isSafeInteger(sequence)) {
      this.#lost++;
      return true;
    }
    const bytes = group.log.slice(0, group.log.length);
    const known = log.find(sequence);
    if (known) {
      this.#isRenumbered ||= !isEqual(bytes, log.read(known));
      return !this.#isRenumbered;
    }
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
    const isEmpty = [...tracks.values()].every((track) =>
      track.takes.at(-1)?.first === track.log.entries.length
    );
    if (!isEmpty || takes.length < 2) return;
    takes.pop();
    for (const track of tracks.values()) track.takes.pop();
    this.#save();
  }

  #save(): void {
    const { recording } = this;
    const tracks = [...recording.tracks].map(([name, { log, takes }]) => ({
      name,
      info: log.info,
      takes,
    }));
    const { name, catalogs, takes } = recording;
    writeManifest(this.#store, { name, catalogs, takes, tracks });
    recording.changed.wake();
  }
}

function openForWriting(store: RecordingStore, name: string): Recording {
  const isNew = store.files().length === 0;
  if (isNew) {
    const none = { name, catalogs: [], takes: [], tracks: [] };
    writeManifest(store, none);
    return new Recording(none);
  }
  if (!store.files().includes(MANIFEST)) {
    throw new MoqError(
      "unsupported",
      `Expected an empty folder or a recording, ${store.name} has other files`,
    );
  }
  const recording = Recording.open(store, "write");
  if (recording.name === name) return recording;
  recording.close();
  throw new MoqError(
    "unsupported",
    `Expected a recording of ${name}, ${store.name} has one of ${recording.name}`,
  );
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.byteLength === other.byteLength &&
    one.every((byte, at) => byte === other[at]);
}
