/**
 * Decoded pictures that wait for their time. It owns them: whatever is not
 * taken is closed here.
 *
 * @module
 */

/** Pictures by presentation time. */
export class FrameQueue<Frame extends Pick<VideoFrame, "timestamp" | "close">> {
  readonly #frames: Frame[] = [];
  #dropped = 0;

  /** Pictures that wait. */
  get length(): number {
    return this.#frames.length;
  }

  /** Pictures that were closed because a newer one was due as well. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes ownership of a picture. */
  push(frame: Frame): void {
    const at = this.#frames.findLastIndex((one) =>
      one.timestamp <= frame.timestamp
    );
    this.#frames.splice(at + 1, 0, frame);
  }

  /** Drops pictures in whose place a newer one is due at `playheadUs` already. */
  trim(playheadUs: number): void {
    while (this.#frames[1] && this.#frames[1].timestamp <= playheadUs) {
      this.#frames.shift()!.close();
      this.#dropped++;
    }
  }

  /** Presentation time of the picture that {@linkcode FrameQueue.take} would give at `playheadUs`. */
  dueUs(playheadUs: number): number | undefined {
    this.trim(playheadUs);
    const first = this.#frames[0]?.timestamp;
    return first !== undefined && first <= playheadUs ? first : undefined;
  }

  /** The newest picture that is due at `playheadUs`, which is the caller's to close; older ones are dropped. */
  take(playheadUs: number): Frame | undefined {
    return this.dueUs(playheadUs) === undefined
      ? undefined
      : this.#frames.shift();
  }

  /** The oldest picture whether it is due or not, which is the caller's to close. */
  takeFirst(): Frame | undefined {
    return this.#frames.shift();
  }

  /** Closes everything. */
  clear(): void {
    for (const frame of this.#frames.splice(0)) frame.close();
  }
}
