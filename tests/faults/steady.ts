/**
 * The broadcast that goes on whatever happens around it, and one that does not.
 *
 * @module
 */

/** The path of the one that goes on. */
export const STEADY = "steady";
/** Its track of little traffic, which the audience watches. */
export const SMALL_TRACK = "small";
/** Its track of 8 Mbit/s. */
export const LARGE_TRACK = "large";

/** The path of a broadcast that something happens to. */
export const DOOMED = "doomed";
/** The path of another one beside it. */
export const DOOMED_TOO = "doomed-too";
/** Its only track. */
export const DOOMED_TRACK = "track";
