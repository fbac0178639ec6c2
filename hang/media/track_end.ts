/**
 * How long a track is, learnt from its packets as they pass.
 *
 * @module
 */
import type { MediaPacket } from "./media.ts";

/** Where one track ends: after its last packet, whose length a file may not say or may cut short. */
export class TrackEnd {
  #lastUs = 0;
  #lastDurationUs = 0;
  #shortestStepUs = Infinity;
  #isEmpty = true;

  /** Takes note of a packet, in decode order. */
  passed({ timestampUs, durationUs }: MediaPacket): void {
    const stepUs = Math.abs(timestampUs - this.#lastUs);
    if (!this.#isEmpty && stepUs > 0) {
      this.#shortestStepUs = Math.min(this.#shortestStepUs, stepUs);
    }
    if (this.#isEmpty || timestampUs >= this.#lastUs) {
      this.#lastDurationUs = durationUs;
      this.#lastUs = timestampUs;
    }
    this.#isEmpty = false;
  }

  /** In microseconds; 0 when there was no packet. */
  get us(): number {
    if (this.#isEmpty) return 0;
    const stepUs = Number.isFinite(this.#shortestStepUs)
      ? this.#shortestStepUs
      : 1;
    // A file cuts the last piece of sound short; a decoder plays it to its end.
    return this.#lastUs + Math.max(this.#lastDurationUs, stepUs);
  }
}
