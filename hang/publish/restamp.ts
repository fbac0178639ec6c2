/**
 * One clock for everything that is captured: cameras, screens and microphones
 * each count time from a moment of their own, and drift.
 *
 * @module
 */

// What arrives late was held up on its way; what arrives early was not.
const WINDOW_US = 2_000_000;
// Clocks of devices drift by far less, and this is neither heard nor seen.
const SLEW_PER_SECOND_US = 5000;
// So much earlier, or so much later for so long: the source's timestamps start again.
const JUMP_US = 500_000;
const LATE_US = 1_000_000;
// At the beginning an earlier arrival is believed at once.
const SETTLING_US = 500_000;

/** Turns the timestamps of one source into those of the publisher's clock; they only grow. */
export class Restamp {
  #offsetUs: number | undefined;
  #beganUs = 0;
  #inTimeUs = 0;
  #slewedUs = 0;
  #windowStartUs = 0;
  #windowMinUs = Infinity;
  #lastWindowMinUs = Infinity;
  #lastUs = -1;

  /** The publisher's time of what the source calls `sourceUs` and what has arrived at `nowUs`; whole microseconds. */
  stamp(sourceUs: number, nowUs: number): number {
    const offsetUs = nowUs - sourceUs;
    if (this.#isAnew(offsetUs, nowUs)) this.#anchor(offsetUs, nowUs);
    else this.#approach(offsetUs, nowUs);
    const stampUs = Math.round(sourceUs + this.#offsetUs!);
    this.#lastUs = Math.max(stampUs, this.#lastUs + 1, 0);
    return this.#lastUs;
  }

  /** A page that was held up gets all at once what has waited: that is late for a moment, and no new beginning. */
  #isAnew(offsetUs: number, nowUs: number): boolean {
    if (this.#offsetUs === undefined) return true;
    const lateUs = offsetUs - this.#offsetUs;
    if (lateUs < JUMP_US) this.#inTimeUs = nowUs;
    return lateUs < -JUMP_US || nowUs - this.#inTimeUs > LATE_US;
  }

  #anchor(offsetUs: number, nowUs: number): void {
    this.#offsetUs = offsetUs;
    this.#beganUs = nowUs;
    this.#inTimeUs = nowUs;
    this.#slewedUs = nowUs;
    this.#windowStartUs = nowUs;
    this.#windowMinUs = offsetUs;
    this.#lastWindowMinUs = Infinity;
  }

  #approach(offsetUs: number, nowUs: number): void {
    this.#windowMinUs = Math.min(this.#windowMinUs, offsetUs);
    const targetUs = Math.min(this.#windowMinUs, this.#lastWindowMinUs);
    const differenceUs = targetUs - this.#offsetUs!;
    if (nowUs - this.#beganUs < SETTLING_US) {
      this.#offsetUs! += Math.min(0, differenceUs);
    } else {
      const elapsedUs = Math.min(1_000_000, nowUs - this.#slewedUs);
      const stepUs = elapsedUs * SLEW_PER_SECOND_US / 1_000_000;
      this.#offsetUs! += Math.max(-stepUs, Math.min(stepUs, differenceUs));
    }
    this.#slewedUs = nowUs;
    if (nowUs - this.#windowStartUs < WINDOW_US) return;
    this.#windowStartUs = nowUs;
    this.#lastWindowMinUs = this.#windowMinUs;
    this.#windowMinUs = Infinity;
  }
}
