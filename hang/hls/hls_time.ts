/**
 * One line of time for the segments of several playlists: within a
 * discontinuity the timestamps of the media are kept, and so is what lies
 * between its picture and its sound.
 *
 * @module
 */

// What lies further from where the segment before it ended does not go on from there.
const MAX_AHEAD_US = 10_000_000;
const MAX_MISSED_US = 120_000_000;
const MAX_BACK_US = 2_000_000;

/** Shared by the playlists of one presentation. */
export class HlsTime {
  readonly #offsetsUs: Map<number, number> = new Map();

  /** What is added to the timestamps of a discontinuity: the first playlist to come there settles it for all. */
  settle(discontinuity: number, offsetUs: number): number {
    const settled = this.#offsetsUs.get(discontinuity);
    if (settled !== undefined) return settled;
    this.#offsetsUs.set(discontinuity, offsetUs);
    return offsetUs;
  }
}

/** Where a segment stands in its playlist. */
interface SegmentTime {
  /** The playlist's count of discontinuities. */
  readonly discontinuity: number;
  /** Whether segments before it were missed. */
  readonly isJump: boolean;
  /** The earliest timestamp in it. */
  readonly startUs: number;
  /** How long the playlist says it is. */
  readonly durationUs: number;
}

/** The time of one playlist. */
export class PlaylistTime {
  readonly #shared: HlsTime;
  #expectedUs: number | undefined;
  // Of a playlist that does not say where its time restarts.
  #ownUs = 0;

  /** Of a presentation with the time `shared`. */
  constructor(shared: HlsTime) {
    this.#shared = shared;
  }

  /** What is added to the timestamps of the next segment, in microseconds. */
  offsetOf(segment: SegmentTime): number {
    const { discontinuity, isJump, startUs, durationUs } = segment;
    const expectedUs = this.#expectedUs ?? startUs;
    const wishUs = expectedUs - startUs - this.#ownUs;
    const offsetUs = this.#shared.settle(discontinuity, wishUs);
    const aheadUs = startUs + offsetUs + this.#ownUs - expectedUs;
    const maxUs = isJump ? MAX_MISSED_US : MAX_AHEAD_US;
    if (aheadUs > maxUs || aheadUs < -MAX_BACK_US) this.#ownUs -= aheadUs;
    const allUs = offsetUs + this.#ownUs;
    this.#expectedUs = startUs + allUs + durationUs;
    return allUs;
  }
}
