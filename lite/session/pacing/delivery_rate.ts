/**
 * Measures the rate at which data arrives while there is more to send than the
 * path can carry: only then it is the rate of the path.
 *
 * @module
 */

/** Consecutive answers needed for a rate. */
const MIN_ANSWERS = 4;
const MAX_ANSWERS = 6;
const VALID_MS = 5000;

/** The answer to one barrier. */
export interface Answer {
  /** When it arrived, in milliseconds. */
  readonly at: number;
  /** Bytes that have arrived in total. */
  readonly confirmedBytes: number;
  /** Whether more data was waiting while the path drained. */
  readonly isSaturated: boolean;
}

/** The rate of one path, from the answers to barriers. */
export class DeliveryRate {
  readonly #answers: Answer[] = [];
  #withdrawnBytes = 0;
  #bitrateBps = 0;
  #measuredAt = -Infinity;

  /** Bits per second at time `now`, 0 if not measured recently. */
  at(now: number): number {
    return now - this.#measuredAt <= VALID_MS ? this.#bitrateBps : 0;
  }

  /** Sets a rate that was measured elsewhere. */
  report(bitrateBps: number, now: number): void {
    this.#bitrateBps = bitrateBps;
    this.#measuredAt = now;
  }

  /** A reset discarded up to `bytes` written bytes, which will not arrive. */
  withdraw(bytes: number): void {
    this.#withdrawnBytes += bytes;
  }

  /** Between consecutive saturated answers the path carried as much as it can. */
  answered({ at, confirmedBytes, isSaturated }: Answer): void {
    const answers = this.#answers;
    if (!isSaturated) {
      answers.length = 0;
      return;
    }
    const arrived = confirmedBytes - this.#withdrawnBytes;
    answers.push({ at, confirmedBytes: arrived, isSaturated });
    // A single answer can come early, before lost data is resent.
    if (answers.length < MIN_ANSWERS) return;
    if (answers.length > MAX_ANSWERS) answers.shift();
    const first = answers[0]!;
    const carried = Math.max(0, arrived - first.confirmedBytes);
    // Idle round trips count too: prefer a rate that is too low.
    this.report(Math.round(carried * 8000 / (at - first.at)), at);
  }
}
