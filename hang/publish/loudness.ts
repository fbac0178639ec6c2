/**
 * Speech detection by volume. Good enough for a frame around a picture; it does
 * not tell a voice from a door.
 *
 * @module
 */

const SPEAKING_LEVEL = 0.02;
const SILENT_LEVEL = 0.01;
const HOLD_MS = 500;

/** Follows the level of one microphone. */
export class Loudness {
  #isSpeaking = false;
  #loudMs = -Infinity;

  /** Whether there is speech now: at once when it gets loud, and for half a second after it was last loud. */
  hear(level: number, nowMs: number): boolean {
    const least = this.#isSpeaking ? SILENT_LEVEL : SPEAKING_LEVEL;
    if (level >= least) {
      this.#loudMs = nowMs;
      this.#isSpeaking = true;
    } else if (nowMs - this.#loudMs >= HOLD_MS) this.#isSpeaking = false;
    return this.#isSpeaking;
  }
}
