/**
 * The packets of all tracks in the order and at the media time in which a live
 * encoder would have sent them.
 *
 * @module
 */
import type { MediaPacket, MediaTrack } from "./media.ts";

// More than any codec reorders; bounds what is read ahead.
const MAX_REORDER = 32;

/** A packet and when it is due. */
export interface DuePacket {
  /** Index of its track. */
  readonly track: number;
  /** The packet. */
  readonly packet: MediaPacket;
  /** Media time in microseconds at which it is sent: before it, or a picture that depends on it, is shown. */
  readonly dueUs: number;
}

/** Merges the tracks' packets by when they are due; decode order within each track. */
export async function* mergePackets(
  tracks: readonly MediaTrack[],
  signal?: AbortSignal,
): AsyncGenerator<DuePacket, void> {
  const lanes = tracks.map((track) => new Lane(track, signal));
  try {
    for (;;) {
      let next: { readonly track: number; readonly dueUs: number } | undefined;
      for (const [track, lane] of lanes.entries()) {
        const dueUs = await lane.due();
        if (dueUs !== undefined && dueUs < (next?.dueUs ?? Infinity)) {
          next = { track, dueUs };
        }
      }
      if (!next) return;
      yield { ...next, packet: lanes[next.track]!.take() };
    }
  } finally {
    for (const lane of lanes) await lane.close();
  }
}

class Lane {
  readonly #packets: AsyncIterator<MediaPacket>;
  readonly #reorders: boolean;
  readonly #ahead: MediaPacket[] = [];
  #isDone = false;
  #lastDueUs = 0;

  constructor(track: MediaTrack, signal: AbortSignal | undefined) {
    this.#packets = track.packets(signal)[Symbol.asyncIterator]();
    this.#reorders = track.kind === "video" && !track.isInOrder;
  }

  /**
   * When the next packet is due: at the earliest presentation time among it and those that are decoded
   * after it but shown before it. Files that name no decode time are paced by this as well.
   */
  async due(): Promise<number | undefined> {
    while (!this.#isDone && this.#needsMore()) {
      const result = await this.#packets.next();
      if (result.done) this.#isDone = true;
      else this.#ahead.push(result.value);
    }
    if (this.#ahead.length === 0) return undefined;
    let earliest = Infinity;
    for (const { timestampUs } of this.#ahead) {
      earliest = Math.min(earliest, timestampUs);
    }
    return Math.max(this.#lastDueUs, earliest);
  }

  /** The packet that is due; the caller has seen that there is one. */
  take(): MediaPacket {
    const packet = this.#ahead.shift()!;
    const rest = Math.min(
      packet.timestampUs,
      ...this.#ahead.map(({ timestampUs }) => timestampUs),
    );
    this.#lastDueUs = Math.max(this.#lastDueUs, rest);
    return packet;
  }

  async close(): Promise<void> {
    await this.#packets.return?.();
  }

  #needsMore(): boolean {
    const [head, ...later] = this.#ahead;
    if (!head) return true;
    if (!this.#reorders || this.#ahead.length >= MAX_REORDER) return false;
    return later.every(({ timestampUs }) => timestampUs <= head.timestampUs);
  }
}
