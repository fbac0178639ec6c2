/**
 * Whether each piece of sound follows the one before.
 *
 * @module
 */

// What a publisher rounds, and a piece that is a little longer or shorter than the others.
const TOLERANCE = 1.5;
const ROUNDING_US = 2000;

/** Compares each timestamp with what the ones before lead to expect. */
export class Continuity {
  #lastUs: number | undefined;
  #stepUs: number | undefined;
  #lengthUs: number | undefined;

  /** Whether there is a gap before this timestamp, or it goes back or overlaps. */
  isBroken(timestampUs: number): boolean {
    const lastUs = this.#lastUs;
    this.#lastUs = timestampUs;
    if (lastUs === undefined) return false;
    const stepUs = timestampUs - lastUs;
    if (stepUs <= 0) return true;
    const lengthUs = this.#lengthUs ?? this.#stepUs;
    this.#learn(stepUs);
    return lengthUs !== undefined && (isMore(stepUs, lengthUs) ||
      isMore(lengthUs, stepUs));
  }

  /** The shortest step that came twice in a row is the length of a piece: a gap never makes it longer, and where a file begins again one step may be of any length. */
  #learn(stepUs: number): void {
    const beforeUs = this.#stepUs;
    this.#stepUs = stepUs;
    if (beforeUs === undefined) return;
    if (Math.abs(stepUs - beforeUs) > ROUNDING_US) return;
    this.#lengthUs = Math.min(stepUs, this.#lengthUs ?? Infinity);
  }
}

function isMore(us: number, thanUs: number): boolean {
  return us > thanUs * TOLERANCE + ROUNDING_US;
}
