/**
 * When this player received, decoded and showed each picture.
 *
 * @module
 */

/** The three moments, in milliseconds since 1970; what has not happened is absent. */
export interface ViewerMark {
  /** Presentation time in microseconds, which names the picture. */
  readonly timestampUs: number;
  /** Its encoded bytes were there. */
  receivedMs?: number;
  /** It came out of the decoder. */
  decodedMs?: number;
  /** It was drawn. */
  shownMs?: number;
}

// Ten seconds of 60 pictures.
const MAX_MARKS = 600;

/** Remembers the newest ten seconds. */
export class ViewerTimings {
  readonly #marks: Map<number, ViewerMark> = new Map();

  /** What is remembered, oldest first. */
  get marks(): readonly ViewerMark[] {
    return [...this.#marks.values()];
  }

  /** Notes that a picture has come so far now; the same of another rendition does not count again. */
  mark(
    stage: "receivedMs" | "decodedMs" | "shownMs",
    timestampUs: number,
  ): void {
    this.#of(timestampUs)[stage] ??= performance.timeOrigin +
      performance.now();
  }

  /** Forgets everything: another publisher has begun. */
  clear(): void {
    this.#marks.clear();
  }

  #of(timestampUs: number): ViewerMark {
    const present = this.#marks.get(timestampUs);
    if (present) return present;
    const mark: ViewerMark = { timestampUs };
    this.#marks.set(timestampUs, mark);
    if (this.#marks.size > MAX_MARKS) {
      const [oldest] = this.#marks.keys();
      this.#marks.delete(oldest!);
    }
    return mark;
  }
}
