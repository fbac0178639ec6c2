/**
 * Publishers and viewers of a cluster: what is published is numbered, so that
 * viewers notice what comes twice, late or not at all.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  BroadcastProducer,
  type Clock,
  type Connection,
  type GroupConsumer,
  MoqError,
  type Origin,
  sleep,
  type TrackConsumer,
} from "@moq-deno/lite";
import { frameOf, textOf } from "../integration/groups.ts";

/** Time between groups. */
export const GROUP_MS = 200;
const FRAMES = 4;
const TRACK = "video";

/** Publishes a group of four frames every 200 ms. */
export class Publisher {
  /** The broadcast. */
  readonly broadcast: BroadcastProducer = new BroadcastProducer();
  readonly #clock: Clock;
  readonly #track = this.broadcast.createTrack(TRACK);
  readonly #over = new AbortController();
  /** Resolves when it has stopped. */
  readonly stopped: Promise<void>;

  /** Publishes at `path` from now on. */
  constructor(
    local: Origin,
    { path, clock }: { readonly path: string; readonly clock: Clock },
  ) {
    this.#clock = clock;
    local.publish(path, this.broadcast);
    this.stopped = this.#run();
  }

  async #run(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      const group = this.#track.group();
      for (let i = 0; i < FRAMES; i++) {
        group.writeFrame(frameOf(`${group.sequence}.${i}`));
        await sleep(this.#clock, GROUP_MS / FRAMES, signal).catch(() => {
          // Stopped: the loop's condition ends it.
        });
      }
      group.close();
    }
  }

  /** How many read the track from the publisher itself. */
  get readers(): number {
    return this.#track.demand.subscribers;
  }

  /** Stops, and ends the broadcast. */
  async stop(): Promise<void> {
    this.#over.abort();
    await this.stopped;
    this.broadcast.close();
  }
}

/** Where a viewer finds the track. */
export interface ViewerSource {
  /** The track as it is reached now; throws `MoqError` while it is not. */
  track(): TrackConsumer;
}

/** Reads a track, again whenever that ends, and keeps a record. */
export class Viewer {
  /** When a frame came last, by the clock. */
  lastMs = 0;
  /** Groups that came whole. */
  groups = 0;
  /** How often the subscription ended, and why. */
  readonly ends: string[] = [];
  /** Resolves when it has stopped. */
  readonly stopped: Promise<void>;
  #longestMs = 0;
  readonly #clock: Clock;
  readonly #over = new AbortController();
  readonly #failures: unknown[] = [];
  readonly #reading: Set<Promise<void>> = new Set();
  #whole: Set<number> = new Set();

  /** Reads from now on. */
  constructor(source: ViewerSource, clock: Clock) {
    this.#clock = clock;
    this.stopped = this.#run(source);
  }

  async #run(source: ViewerSource): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      this.#whole = new Set();
      try {
        for await (const group of source.track().subscribe({ signal })) {
          const reading = this.#read(group, this.#whole)
            .catch((error) => void this.#failures.push(error))
            .finally(() => this.#reading.delete(reading));
          this.#reading.add(reading);
        }
        if (!signal.aborted) this.ends.push("end");
      } catch (error) {
        if (!(error instanceof MoqError)) this.#failures.push(error);
        else if (!signal.aborted) this.ends.push(error.code);
      }
      if (signal.aborted) break;
      await sleep(this.#clock, 50, signal).catch(() => {
        // Stopped: the loop's condition ends it.
      });
    }
    await Promise.all(this.#reading);
  }

  async #read(group: GroupConsumer, whole: Set<number>): Promise<void> {
    let next = 0;
    try {
      for await (const frame of group.frames()) {
        assert.equal(textOf(frame), `${group.sequence}.${next++}`);
        this.#seen();
      }
    } catch (error) {
      if (error instanceof MoqError) return;
      throw error;
    }
    assert.equal(next, FRAMES, `group ${group.sequence} is cut as if whole`);
    assert.ok(!whole.has(group.sequence), `group ${group.sequence} twice`);
    whole.add(group.sequence);
    this.groups++;
  }

  #seen(): void {
    const nowMs = this.#clock.now();
    this.#longestMs = Math.max(this.#longestMs, nowMs - this.lastMs);
    this.lastMs = nowMs;
  }

  /** The longest time without a frame in the next `ms`. */
  async outage(ms: number): Promise<number> {
    this.#longestMs = 0;
    await sleep(this.#clock, ms);
    return Math.max(this.#longestMs, this.#clock.now() - this.lastMs);
  }

  /** Resolves with how long it took until the next frame after now; throws after `withinMs`. */
  async next(withinMs: number): Promise<number> {
    const startMs = this.#clock.now();
    while (this.lastMs <= startMs) {
      const waitedMs = this.#clock.now() - startMs;
      if (waitedMs > withinMs) {
        throw new Error(`Expected a frame within ${withinMs} ms, got none`);
      }
      await sleep(this.#clock, 10);
    }
    return this.lastMs - startMs;
  }

  /** Stops, and throws what was wrong with what came. */
  async stop(): Promise<void> {
    this.#over.abort(new MoqError("cancelled", "Seen enough"));
    await this.stopped;
    assert.deepEqual(this.#failures, []);
  }
}

/** The track over a client's connection, whichever session is up. */
export function trackOver(connection: Connection, path: string): ViewerSource {
  return {
    track() {
      const { session } = connection;
      if (!session) throw new MoqError("transport", "Not connected");
      return session.consume(path).track(TRACK);
    },
  };
}
