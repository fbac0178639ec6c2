/**
 * One take of a recording while it runs: the catalogs, and a reader for each
 * track that they name.
 *
 * @module
 */
import {
  groupOf,
  linked,
  type LinkedController,
} from "@moq-deno/lite/internal";
import {
  type BroadcastConsumer,
  type GroupConsumer,
  MoqError,
  type TrackInfo,
} from "@moq-deno/lite";
import type { Catalog } from "../catalog/catalog.ts";
import { consumeCatalog } from "../catalog/consumer.ts";
import { firstToCheck, Holes } from "./holes.ts";
import { MAX_TRACKS_PER_TAKE } from "./limits.ts";
import type { RecordingTrack } from "./recording.ts";
import { tracksIn } from "./tracks_in.ts";

// How far back a recording begins, as far as its relay or publisher still has it.
const BACKLOG_MS = 30_000;

/** Where a take is written: the recorder that runs it. */
interface TakeWriter {
  /** Adds a catalog. */
  addCatalog(catalog: Catalog): void;
  /** The track called `name`, created if need be; throws `MoqError("unsupported")` when it had another timescale before. */
  track(name: string, info: TrackInfo): RecordingTrack;
  /** Writes a group that ended; `false` when its number is that of another group. */
  add(track: RecordingTrack, group: GroupConsumer): boolean;
  /** Hears of what failed; returns an error that ends the take. */
  note(
    message: string,
    problem: { readonly error: unknown; readonly name?: string },
  ): MoqError | undefined;
}

interface SaveTarget {
  readonly name: string;
  readonly track: RecordingTrack;
  readonly signal: AbortSignal;
}

/** Runs once. */
export class RunningTake {
  readonly #writer: TakeWriter;
  readonly #broadcast: BroadcastConsumer;
  readonly #stop: LinkedController;
  readonly #known = new Set<string>();

  /** Written by `writer`, until the broadcast ends or `outer` aborts. */
  constructor(
    writer: TakeWriter,
    { broadcast, outer }: {
      readonly broadcast: BroadcastConsumer;
      readonly outer: AbortSignal;
    },
  ) {
    this.#writer = writer;
    this.#broadcast = broadcast;
    this.#stop = linked(outer);
  }

  /** Resolves when nothing runs any more; what fails is noted with the writer. */
  async run(): Promise<void> {
    const { signal } = this.#stop;
    const following: Promise<void>[] = [];
    try {
      for await (const catalog of consumeCatalog(this.#broadcast, { signal })) {
        this.#writer.addCatalog(catalog);
        for (const name of tracksIn(catalog)) {
          if (this.#known.has(name)) continue;
          if (this.#known.size === MAX_TRACKS_PER_TAKE) {
            const error = new MoqError(
              "too-large",
              `Expected at most ${MAX_TRACKS_PER_TAKE} tracks in a take, got more`,
            );
            this.#note("too many tracks", { error, name });
            break;
          }
          this.#known.add(name);
          following.push(this.#runTrack(name, signal));
        }
      }
    } catch (error) {
      this.#note("no more catalogs", { error });
    }
    await Promise.all(following);
    this.#stop.release();
  }

  #note(
    message: string,
    problem: { readonly error: unknown; readonly name?: string },
  ): void {
    if (this.#stop.signal.aborted) return;
    if (this.#writer.note(message, problem)) this.#stop.abort();
  }

  async #runTrack(name: string, signal: AbortSignal): Promise<void> {
    const saving = new Set<Promise<void>>();
    try {
      const consumer = this.#broadcast.track(name);
      const info = await consumer.info(signal);
      const track = this.#writer.track(name, info);
      const subscription = consumer.subscribe({
        priority: info.priority,
        from: "all",
        startGroup: 0,
        maxAgeMs: BACKLOG_MS,
        signal,
      });
      const base = track.takes.at(-1)?.base ?? 0;
      const known = {
        find: (sequence: number) => track.log.find(sequence + base),
      };
      const holes = new Holes(firstToCheck(track.log, base));
      const start = (running: Promise<void>): void => {
        const task = running.finally(() => saving.delete(task));
        saving.add(task);
      };
      for await (const group of subscription) {
        start(this.#save(group, { name, track, signal }));
        for (const sequence of holes.passed(group.sequence, known)) {
          const fetched = consumer.fetch(sequence, { signal });
          start(this.#saveFetched(fetched, { name, track, signal }));
        }
      }
    } catch (error) {
      this.#note("track not recorded further", { error, name });
    }
    await Promise.all(saving);
  }

  /** A group that was passed over; it is no loss when it is gone. */
  async #saveFetched(
    fetched: Promise<GroupConsumer>,
    target: SaveTarget,
  ): Promise<void> {
    let group: GroupConsumer;
    try {
      group = await fetched;
    } catch {
      return; // Its publisher left the number out, or has let go of it: `missing` says so.
    }
    await this.#save(group, target);
  }

  /** Waits until the group is complete, then writes it. */
  async #save(
    group: GroupConsumer,
    { name, track, signal }: SaveTarget,
  ): Promise<void> {
    const { log } = groupOf(group);
    const release = log.wakeOn(signal);
    try {
      while (!log.ended && !signal.aborted) await log.changed();
    } finally {
      release();
    }
    try {
      if (!this.#writer.add(track, group)) this.#stop.abort();
    } catch (error) {
      this.#note("group not written", { error, name });
    }
  }
}
