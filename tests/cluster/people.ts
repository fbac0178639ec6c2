/**
 * Publishers and viewers of a cluster. Groups are numbered, so that viewers
 * notice what arrives twice, late or not at all.
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

/** Time between groups, in milliseconds. */
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
  /** Resolves when the publisher has stopped. */
  readonly stopped: Promise<void>;

  /** Starts to publish at `path`. */
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
          // Stopped: the loop's condition ends the loop.
        });
      }
      group.close();
    }
  }

  /** How many subscriptions the publisher itself serves. */
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

/** How a viewer reaches the track. */
export interface ViewerSource {
  /** The track over the present session; throws `MoqError` without one. */
  track(): TrackConsumer;
}

/** Reads a track, subscribes again when it ends, and keeps a record. */
export class Viewer {
  /** When the last frame arrived, by the clock. */
  lastMs = 0;
  /** Groups that arrived complete. */
  groups = 0;
  /** Why each subscription ended. */
  readonly ends: string[] = [];
  /** Resolves when the viewer has stopped. */
  readonly stopped: Promise<void>;
  #longestMs = 0;
  readonly #clock: Clock;
  readonly #over = new AbortController();
  readonly #failures: unknown[] = [];
  readonly #reading: Set<Promise<void>> = new Set();
  #whole: Set<number> = new Set();

  /** Starts to read. */
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
        // Stopped: the loop's condition ends the loop.
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
    assert.equal(
      next,
      FRAMES,
      `group ${group.sequence} is cut but looks complete`,
    );
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

  /** Resolves with the time until the next frame; throws after `withinMs`. */
  async next(withinMs: number): Promise<number> {
    const startMs = this.#clock.now();
    while (this.lastMs <= startMs) {
      const waitedMs = this.#clock.now() - startMs;
      if (waitedMs > withinMs) {
        throw new Error(`No frame within ${withinMs} ms`);
      }
      await sleep(this.#clock, 10);
    }
    return this.lastMs - startMs;
  }

  /** Stops, and throws the first error in the received data. */
  async stop(): Promise<void> {
    this.#over.abort(new MoqError("cancelled", "Seen enough"));
    await this.stopped;
    assert.deepEqual(this.#failures, []);
  }
}

/** The track over the current session of `connection`. */
export function trackOver(connection: Connection, path: string): ViewerSource {
  return {
    track() {
      const { session } = connection;
      if (!session) throw new MoqError("transport", "Not connected");
      return session.consume(path).track(TRACK);
    },
  };
}
