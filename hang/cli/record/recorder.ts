/**
 * Recording a broadcast as it arrives: every catalog, and every group of every
 * track that a catalog names.
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
} from "@moq-deno/lite";
import type { Catalog } from "../../catalog/catalog.ts";
import { consumeCatalog } from "../../catalog/consumer.ts";
import { filesOf, GroupLog } from "./group_log.ts";
import { createFolder, Recording, writeManifest } from "./recording.ts";

// How far back a recording begins, as far as whoever serves the broadcast still has it.
const BACKLOG_MS = 30_000;
const MAX_TRACKS = 256;
const MAX_CATALOGS = 1000;

/** Options of {@linkcode Recorder}. */
export interface RecorderOptions {
  /** Where the recording goes: a folder without one. */
  readonly folder: string;
  /** Path of the broadcast, for the manifest. */
  readonly name: string;
  /** Hears of what could not be recorded. */
  readonly log?: Logger | undefined;
}

/** The tracks that `catalog` names and that are in the broadcast itself. */
export function tracksIn(catalog: Catalog): string[] {
  const own = (entries: object | undefined): string[] =>
    Object.entries(entries ?? {})
      .filter(([, config]) => config?.broadcast === undefined)
      .map(([name]) => name);
  const side = [
    catalog.chat?.message,
    catalog.chat?.typing,
    catalog.location?.track,
    catalog.location?.peers,
    catalog.preview,
    catalog.audio?.captions?.track,
    catalog.audio?.speaking?.track,
    catalog.video?.detection?.track,
  ];
  return [
    ...own(catalog.video?.renditions),
    ...own(catalog.audio?.renditions),
    ...own(catalog.text?.renditions),
    ...own(catalog.json?.tracks),
    ...own(catalog.binary?.tracks),
    ...side.flatMap((track) => track ? [track.name] : []),
  ];
}

/** Writes one broadcast to disk; the owner disposes of it when nothing runs any more. */
export class Recorder implements Disposable {
  /** What there is so far, readable while it grows. */
  readonly recording: Recording;
  readonly #folder: string;
  readonly #log: Logger;
  readonly #tracks: { name: string; log: GroupLog }[] = [];
  readonly #known = new Set<string>();
  readonly #stop = new AbortController();
  #failure: MoqError | undefined;
  #groups = 0;
  #bytes = 0;
  #lost = 0;

  /** Creates the folder; throws when it cannot be, or when there is a recording in it. */
  constructor({ folder, name, log = SILENT }: RecorderOptions) {
    createFolder(folder);
    this.#folder = folder;
    this.#log = log;
    this.recording = new Recording(name);
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

  /** Records until the broadcast ends or `outer` aborts; throws what the disk failed with. */
  async run(broadcast: BroadcastConsumer, outer: AbortSignal): Promise<void> {
    const stop = () => this.#stop.abort();
    outer.addEventListener("abort", stop, { once: true });
    if (outer.aborted) stop();
    try {
      await this.#runCatalogs(broadcast, this.#stop.signal);
    } finally {
      outer.removeEventListener("abort", stop);
    }
    if (this.#failure) throw this.#failure;
  }

  async #runCatalogs(
    broadcast: BroadcastConsumer,
    signal: AbortSignal,
  ): Promise<void> {
    const following: Promise<void>[] = [];
    try {
      for await (const catalog of consumeCatalog(broadcast, { signal })) {
        this.#addCatalog(catalog);
        for (const name of tracksIn(catalog)) {
          if (this.#known.has(name)) continue;
          if (this.#known.size === MAX_TRACKS) {
            this.#log.warn?.("too many tracks", { name });
            break;
          }
          this.#known.add(name);
          following.push(this.#runTrack(broadcast, { name, signal }));
        }
      }
    } catch (error) {
      this.#note("no more catalogs", { error, signal });
    }
    await Promise.all(following);
  }

  /** A peer that fails is told of; a disk that fails ends the recording. */
  #note(
    message: string,
    { error, signal, name = "" }: {
      readonly error: unknown;
      readonly signal: AbortSignal;
      readonly name?: string;
    },
  ): void {
    if (signal.aborted) return;
    const failure = asMoqError(error);
    this.#log.warn?.(message, { name, error: failure.message });
    if (error instanceof MoqError) return;
    this.#failure ??= failure;
    this.#stop.abort();
  }

  [Symbol.dispose](): void {
    this.recording[Symbol.dispose]();
  }

  #addCatalog(catalog: Catalog): void {
    const { catalogs } = this.recording;
    // A catalog that never rests: the newest is the one that is needed.
    if (catalogs.length === MAX_CATALOGS) catalogs.pop();
    catalogs.push({ arrivalMs: Date.now(), catalog });
    this.#writeManifest();
  }

  #writeManifest(): void {
    writeManifest(this.#folder, {
      version: 1,
      name: this.recording.name,
      catalogs: this.recording.catalogs,
      tracks: this.#tracks.map(({ name, log }) => ({ name, info: log.info })),
    });
  }

  async #runTrack(
    broadcast: BroadcastConsumer,
    { name, signal }: { readonly name: string; readonly signal: AbortSignal },
  ): Promise<void> {
    const saving = new Set<Promise<void>>();
    try {
      const track = broadcast.track(name);
      const info = await track.info(signal);
      const log = this.#create(name, info);
      const subscription = track.subscribe({
        priority: info.priority,
        from: "all",
        startGroup: 0,
        maxAgeMs: BACKLOG_MS,
        signal,
      });
      for await (const group of subscription) {
        const task: Promise<void> = this.#save(group, { name, log, signal })
          .finally(() => saving.delete(task));
        saving.add(task);
      }
    } catch (error) {
      this.#note("track not recorded further", { error, signal, name });
    }
    await Promise.all(saving);
  }

  #create(name: string, info: GroupLog["info"]): GroupLog {
    const log = GroupLog.create(
      filesOf(this.#folder, this.#tracks.length),
      info,
    );
    this.#tracks.push({ name, log });
    this.recording.tracks.set(name, log);
    this.#writeManifest();
    return log;
  }

  /** Waits until the group is complete, then writes it. */
  async #save(
    { group }: GroupConsumer,
    { name, log, signal }: {
      readonly name: string;
      readonly log: GroupLog;
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    const release = group.log.wakeOn(signal);
    try {
      while (!group.log.ended && !signal.aborted) await group.log.changed();
    } finally {
      release();
    }
    if (!group.log.ended || group.log.ended.error || group.frameStart > 0) {
      this.#lost++;
      return;
    }
    try {
      const bytes = group.log.slice(0, group.log.length);
      log.append(bytes, { sequence: group.sequence, arrivalMs: Date.now() });
      this.#groups++;
      this.#bytes += bytes.byteLength;
    } catch (error) {
      this.#note("group not written", { error, signal, name });
    }
  }
}
