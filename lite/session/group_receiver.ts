/**
 * The hot path in: a stream's bytes into a group, copied once.
 *
 * @module
 */
import { asMoqError, MoqError } from "../error.ts";
import type { GroupProducer } from "../model/group.ts";
import { type Clock, systemClock } from "../time.ts";
import type { GroupSink } from "./compat.ts";
import { countCut, type SessionStats } from "./context.ts";
import type { MessageReader } from "./streams.ts";

/** Read this much of a group at once. */
export const GROUP_SCRATCH_BYTES = 16 * 1024;

/** How long a frame may stand still once it has begun. Between frames a publisher may be silent for as long as it likes. */
const STALL_MS = 30_000;

/** Options of {@linkcode receiveGroup}. */
interface ReceiveGroupOptions {
  /** Time. Default the system's. */
  readonly clock?: Clock | undefined;
  /** Where the bytes go, if not straight into the group. */
  readonly sink?: GroupSink | undefined;
  /** Bytes of the group that were read already. */
  readonly first?: Uint8Array | undefined;
  /** Where what is read is counted. */
  readonly count?: ReceiveCount | undefined;
}

/** What was received, as a session counts it. */
export type ReceiveCount = Pick<
  SessionStats,
  "receivedBytes" | "receivedFrames" | "receivedCuts"
>;

/** Reads a group to its end; a stream that fails, stalls or ends inside a frame leaves a group that failed. Never throws. */
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

/** Stops a stream of which nothing comes inside a frame. One timer serves all chunks that come in time. */
class StallWatch {
  readonly #reader: MessageReader;
  readonly #group: GroupProducer;
  readonly #clock: Clock;
  #cameAt = 0;
  #cancel: (() => void) | undefined;
  #error: MoqError | undefined;

  constructor(reader: MessageReader, group: GroupProducer, clock: Clock) {
    this.#reader = reader;
    this.#group = group;
    this.#clock = clock;
  }

  /** Why it was stopped, if it was. */
  get error(): MoqError | undefined {
    return this.#error;
  }

  /** Bytes came. */
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
    this.#error = new MoqError(
      "timeout",
      `Expected the rest of frame ${frameCount} of group ${sequence}, nothing came for ${STALL_MS} ms`,
    );
    this.#reader.stopFor(this.#error);
  }
}
