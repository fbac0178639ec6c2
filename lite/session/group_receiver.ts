/**
 * The hot path in: copies a stream's bytes into a group, once.
 *
 * @module
 */
import { asMoqError, MoqError } from "../error.ts";
import type { GroupProducer } from "../model/group.ts";
import { type Clock, systemClock } from "../time.ts";
import type { GroupSink } from "./compat.ts";
import { countCut, type SessionStats } from "./context.ts";
import type { MessageReader } from "./streams.ts";

/** Size of one read of a group, in bytes. */
export const GROUP_SCRATCH_BYTES = 16 * 1024;

/** Timeout inside a frame. Between frames a publisher may be silent. */
const STALL_MS = 30_000;

/** Options of {@linkcode receiveGroup}. */
interface ReceiveGroupOptions {
  /** Timers; the system's by default. */
  readonly clock?: Clock | undefined;
  /** Receives the bytes, by default the group itself. */
  readonly sink?: GroupSink | undefined;
  /** Bytes of the group that were already read. */
  readonly first?: Uint8Array | undefined;
  /** Counters to increase. */
  readonly count?: ReceiveCount | undefined;
}

/** The session's counters of received groups. */
export type ReceiveCount = Pick<
  SessionStats,
  "receivedBytes" | "receivedFrames" | "receivedCuts"
>;

/** Reads a group to its end; the group fails if the stream fails, stalls or ends inside a frame. Never throws. */
export async function receiveGroup(
  reader: MessageReader,
  group: GroupProducer,
  { clock = systemClock, sink = group, first, count }: ReceiveGroupOptions = {},
): Promise<void> {
  const stall = new StallWatch(reader, group, clock);
  try {
    let chunk = first ?? await reader.chunk();
    while (chunk) {
      if (count) count.receivedBytes += chunk.byteLength;
      sink.append(chunk);
      if (group.log.ended) throw group.log.ended.error ?? ended(group);
      stall.came();
      chunk = await reader.chunk();
    }
    sink.close();
  } catch (error) {
    const reason = stall.error ?? asMoqError(error);
    reader.stopFor(reason);
    group.close(reason);
  } finally {
    stall.end();
    if (count) tally(group, count);
  }
}

function tally({ log, frameCount }: GroupProducer, count: ReceiveCount): void {
  count.receivedFrames += frameCount;
  if (log.ended?.error) countCut(count.receivedCuts, log.ended.error);
}

function ended(group: GroupProducer): MoqError {
  return new MoqError("cancelled", `Group ${group.sequence} was closed here`);
}

/** Stops a stream that stalls inside a frame. One timer serves all chunks that arrive in time. */
class StallWatch {
  readonly #reader: MessageReader;
  readonly #group: GroupProducer;
  readonly #clock: Clock;
  /** Why it was stopped, if it was. */
  error: MoqError | undefined;
  #cameAt = 0;
  #cancel: (() => void) | undefined;

  constructor(reader: MessageReader, group: GroupProducer, clock: Clock) {
    this.#reader = reader;
    this.#group = group;
    this.#clock = clock;
  }

  /** Bytes arrived. */
  came(): void {
    if (!this.#group.isInsideFrame) return;
    this.#cameAt = this.#clock.now();
    if (!this.#cancel) this.#lookIn(STALL_MS);
  }

  end(): void {
    this.#cancel?.();
  }

  #lookIn(ms: number): void {
    this.#cancel = this.#clock.after(ms, () => this.#look());
  }

  #look(): void {
    this.#cancel = undefined;
    if (!this.#group.isInsideFrame) return;
    const left = this.#cameAt + STALL_MS - this.#clock.now();
    if (left > 0) return this.#lookIn(left);
    const { sequence, frameCount } = this.#group;
    this.error = new MoqError(
      "timeout",
      `Nothing arrived for ${STALL_MS} ms inside frame ${frameCount} of group ${sequence}`,
    );
    this.#reader.stopFor(this.error);
  }
}
