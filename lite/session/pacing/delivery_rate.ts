/**
 * What arrives of what is sent, while there is more to send than the path can
 * carry: only then does the amount say something of the path.
 *
 * @module
 */

/** Answers in a row that a rate is made of. */
const MIN_ANSWERS = 4;
const MAX_ANSWERS = 6;
const VALID_MS = 5000;

/** What one answered barrier says. */
export interface Answer {
  /** When it came, in milliseconds. */
  readonly at: number;
  /** Bytes that have arrived since the beginning. */
  readonly confirmedBytes: number;
  /** Whether a writer waited for it while the path drained. */
  readonly isSaturated: boolean;
}

/** The rate of one path, from the answers to barriers. */
export class DeliveryRate {
  readonly #answers: Answer[] = [];
  #withdrawnBytes = 0;
  #bitrateBps = 0;
  #measuredAt = -Infinity;

  /** Bits per second at time `now`, 0 when it has not been measured lately. */
  at(now: number): number {
    return now - this.#measuredAt <= VALID_MS ? this.#bitrateBps : 0;
  }

  /** Takes over what somebody else has measured. */
  report(bitrateBps: number, now: number): void {
    this.#bitrateBps = bitrateBps;
    this.#measuredAt = now;
  }

  /** A reset took up to `bytes` back that were written, and so never arrive. */
  withdraw(bytes: number): void {
    this.#withdrawnBytes += bytes;
  }

  /** From one answer to a later one, all of them saturated, the path had as much to carry as it can. */
  answered({ at, confirmedBytes, isSaturated }: Answer): void {
    const answers = this.#answers;
    if (!isSaturated) {
      answers.length = 0;
      return;
    }
    const arrived = confirmedBytes - this.#withdrawnBytes;
    answers.push({ at, confirmedBytes: arrived, isSaturated });
    // One answer alone can come early, when what was lost is not sent again yet.
    if (answers.length < MIN_ANSWERS) return;
    if (answers.length > MAX_ANSWERS) answers.shift();
    const first = answers[0]!;
    const carried = Math.max(0, arrived - first.confirmedBytes);
    // The round trips in which the path stood still count too: rather too little than too much.
    this.report(Math.round(carried * 8000 / (at - first.at)), at);
  }
}
