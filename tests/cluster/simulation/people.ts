/**
 * One publisher, and at every leaf one viewer that stands for all viewers there.
 *
 * @module
 */
import {
  BroadcastProducer,
  type Clock,
  type Connection,
  MoqError,
  sleep,
} from "@moq-deno/lite";

/** Time between groups of one frame, in milliseconds. */
export const GROUP_MS = 100;
const TRACK = "video";
const RETRY_MS = 50;

/** Publishes until stopped. */
export class SteadyPublisher {
  readonly #broadcast = new BroadcastProducer();
  readonly #track = this.#broadcast.createTrack(TRACK);
  #isOver = false;

  /** Starts to publish at `path`. */
  constructor(
    { local }: Connection,
    { path, clock }: { readonly path: string; readonly clock: Clock },
  ) {
    local.publish(path, this.#broadcast);
    void this.#run(clock); // Ends with `stop`.
  }

  /** How many subscriptions the publisher itself serves. */
  get readers(): number {
    return this.#track.demand.subscribers;
  }

  async #run(clock: Clock): Promise<void> {
    while (!this.#isOver) {
      const timestamp = Math.round(clock.now());
      this.#track.writeFrame({ timestamp, payload: new Uint8Array(100) });
      await sleep(clock, GROUP_MS);
    }
  }

  /** Ends the broadcast. */
  stop(): void {
    this.#isOver = true;
    this.#broadcast.close();
  }
}

/** Reads one broadcast, and subscribes again when it ends. */
export class SteadyViewer {
  /** When the first group arrived; `undefined` before that. */
  firstMs: number | undefined;
  /** The longest time between two groups since {@linkcode SteadyViewer.begin}, in milliseconds. */
  longestMs = 0;
  /** The age of the newest group on arrival, in milliseconds. */
  ageMs = 0;
  /** Groups received. */
  groups = 0;
  #lastMs = 0;
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #over = new AbortController();

  /** Starts to read `path` over the current session of `connection`. */
  constructor(connection: Connection, path: string, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
    void this.#run(path); // Ends with `stop`.
  }

  async #run(path: string): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      const track = this.#connection.session?.consume(path).track(TRACK);
      try {
        for await (const group of track?.subscribe({ signal }) ?? []) {
          for await (const { timestamp } of group.frames()) {
            this.#saw(timestamp);
          }
        }
      } catch (error) {
        if (!(error instanceof MoqError)) throw error;
      }
      if (!signal.aborted) await sleep(this.#clock, RETRY_MS);
    }
  }

  #saw(timestamp: number): void {
    const nowMs = this.#clock.now();
    if (this.firstMs === undefined) this.firstMs = nowMs;
    else this.longestMs = Math.max(this.longestMs, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    this.ageMs = nowMs - timestamp;
    this.groups++;
  }

  /** Resets the longest wait. */
  begin(): void {
    this.longestMs = 0;
  }

  /** Stops reading. */
  stop(): void {
    this.#over.abort(new MoqError("cancelled", "Seen enough"));
  }
}
