/**
 * Whether each piece of sound follows the one before.
 *
 * @module
 */

// What a publisher rounds, and a piece that is a little longer than the others.
const TOLERANCE = 1.5;
const ROUNDING_US = 2000;

/** Compares each timestamp with what the ones before lead to expect. */
export class Continuity {
  #lastUs: number | undefined;
  #lengthUs: number | undefined;

  /** Whether there is a gap before this timestamp, or it goes back. */
  isBroken(timestampUs: number): boolean {
    const lastUs = this.#lastUs;
    this.#lastUs = timestampUs;
    if (lastUs === undefined) return false;
    const stepUs = timestampUs - lastUs;
    if (stepUs <= 0) return true;
    const lengthUs = this.#lengthUs;
    // The shortest step is the length of a piece; a gap never makes it longer.
    this.#lengthUs = Math.min(stepUs, lengthUs ?? Infinity);
    return lengthUs !== undefined &&
      stepUs > lengthUs * TOLERANCE + ROUNDING_US;
  }
}
