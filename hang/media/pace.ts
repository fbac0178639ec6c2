/**
 * The packets of all tracks in the order and at the media time in which a live
 * encoder would have sent them.
 *
 * @module
 */
import {
  type Clock,
  type Logger,
  type MoqError,
  sleep,
  systemClock,
} from "@moq-deno/lite";
import { asMoqError, Latch, SILENT } from "@moq-deno/lite/internal";
import type { MediaPacket, MediaTrack } from "./media.ts";

// More than any codec reorders; bounds what is read ahead.
const MAX_REORDER = 32;
// A track of a stream from which nothing comes for so long holds up the others no more.
const SILENT_MS = 1000;

/** A packet and when it is due. */
interface DuePacket {
  /** Index of its track. */
  readonly track: number;
  /** The packet. */
  readonly packet: MediaPacket;
  /** Media time in microseconds at which it is sent: before it, or a picture that depends on it, is shown. */
  readonly dueUs: number;
}

/** Options of {@linkcode PacketMerge}. */
interface PacketMergeOptions {
  /** Ends it by throwing its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Whether a track may fall silent while others go on. Default false: all are waited for. */
  readonly isLive?: boolean | undefined;
  /** Measures how long a track was silent. Default the system's. */
  readonly clock?: Clock | undefined;
  /** Hears of a track that failed while others go on. */
  readonly log?: Logger | undefined;
}

/** Merges the tracks' packets by when they are due, in decode order within each track; tracks may join while it runs. */
export class PacketMerge {
  readonly #options: PacketMergeOptions;
  readonly #lanes: Lane[] = [];
  readonly #latch = new Latch();
  #error: MoqError | undefined;

  /** Of no track yet. */
  constructor(options: PacketMergeOptions = {}) {
    this.#options = options;
  }

  /** The next index is that of `track`. */
  add(track: MediaTrack): void {
    this.#lanes.push(new Lane(track, this.#options.signal));
    this.#latch.wake();
  }

  /** The packets until all tracks have ended; throws at the end when one has failed. For one reader. */
  async *packets(): AsyncGenerator<DuePacket, void> {
    try {
      for (;;) {
        await this.#settle();
        let track = -1;
        let dueUs = Infinity;
        for (const [index, lane] of this.#lanes.entries()) {
          if (lane.dueUs !== undefined && lane.dueUs < dueUs) {
            track = index;
            dueUs = lane.dueUs;
          }
        }
        const lane = this.#lanes[track];
        if (!lane) break;
        yield { track, dueUs, packet: lane.take() };
      }
      this.#options.signal?.throwIfAborted();
      if (this.#error) throw this.#error;
    } finally {
      for (const lane of this.#lanes) await lane.close();
    }
  }

  /** Waits until each track has a packet or has ended; those that are silent are not waited for while others have one. */
  async #settle(): Promise<void> {
    const { isLive = false, clock = systemClock } = this.#options;
    let silence: AbortController | undefined;
    try {
      for (;;) {
        let [isPending, isWaited, hasDue] = [false, false, false];
        for (const lane of this.#lanes) {
          if (this.#fill(lane)) {
            isPending = true;
            isWaited ||= !lane.isSilent;
          } else hasDue ||= lane.dueUs !== undefined;
        }
        if (!isPending || (hasDue && !isWaited)) return;
        if (hasDue && isLive && !silence) {
          silence = new AbortController();
          this.#runSilence(clock, silence.signal);
        }
        await this.#latch.changed();
      }
    } finally {
      silence?.abort();
    }
  }

  /** After a while, those that have nothing are not waited for. */
  async #runSilence(clock: Clock, signal: AbortSignal): Promise<void> {
    try {
      await sleep(clock, SILENT_MS, signal);
    } catch {
      return; // All have come.
    }
    for (const lane of this.#lanes) lane.isSilent = lane.isFilling;
    this.#latch.wake();
  }

  /** Lets `lane` read on when it has to; whether it is still at it. */
  #fill(lane: Lane): boolean {
    if (!lane.isFilling && lane.dueUs === undefined && !lane.hasEnded) {
      this.#runFill(lane);
    }
    return lane.isFilling;
  }

  async #runFill(lane: Lane): Promise<void> {
    try {
      await lane.fill();
    } catch (error) {
      this.#error ??= asMoqError(error);
      const isLast = this.#lanes.every(({ hasEnded }) => hasEnded);
      if (!isLast && !this.#options.signal?.aborted) {
        (this.#options.log ?? SILENT).warn?.("track ended, the others go on", {
          error: this.#error.message,
        });
      }
    }
    this.#latch.wake();
  }
}

class Lane {
  /** Whether it reads. */
  isFilling = false;
  /** When its next packet is due, if that has come. */
  dueUs: number | undefined;
  /** Whether it is not waited for. */
  isSilent = false;
  /** Whether nothing more is read. */
  hasEnded = false;
  readonly #packets: AsyncIterator<MediaPacket>;
  readonly #reorders: boolean;
  readonly #ahead: MediaPacket[] = [];
  #lastDueUs = 0;

  constructor(track: MediaTrack, signal: AbortSignal | undefined) {
    this.#packets = track.packets(signal)[Symbol.asyncIterator]();
    this.#reorders = track.kind === "video" && !track.isInOrder;
  }

  /** Reads on until a packet is due or it ends; throws what the track does. */
  async fill(): Promise<void> {
    this.isFilling = true;
    try {
      while (!this.hasEnded && this.#needsMore()) {
        const result = await this.#packets.next();
        if (result.done) this.hasEnded = true;
        else this.#ahead.push(result.value);
      }
    } catch (error) {
      this.hasEnded = true;
      throw error;
    } finally {
      this.isFilling = false;
      this.isSilent = false;
      this.#setDue();
    }
  }

  /**
   * The packet that is due: at the earliest presentation time among it and those that are decoded
   * after it but shown before it. Files that name no decode time are paced by this as well.
   */
  take(): MediaPacket {
    const packet = this.#ahead.shift()!;
    const rest = Math.min(
      packet.timestampUs,
      ...this.#ahead.map(({ timestampUs }) => timestampUs),
    );
    this.#lastDueUs = Math.max(this.#lastDueUs, rest);
    this.dueUs = undefined;
    if (this.hasEnded) this.#setDue();
    return packet;
  }

  async close(): Promise<void> {
    const closing = this.#packets.return?.();
    // One that waits for a packet ends with its media.
    if (this.isFilling) closing?.catch(() => undefined);
    else await closing;
  }

  #setDue(): void {
    if (this.#ahead.length === 0) return;
    let earliest = Infinity;
    for (const { timestampUs } of this.#ahead) {
      earliest = Math.min(earliest, timestampUs);
    }
    this.dueUs = Math.max(this.#lastDueUs, earliest);
  }

  #needsMore(): boolean {
    const [head, ...later] = this.#ahead;
    if (!head) return true;
    if (!this.#reorders || this.#ahead.length >= MAX_REORDER) return false;
    return later.every(({ timestampUs }) => timestampUs <= head.timestampUs);
  }
}
