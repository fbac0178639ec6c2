/**
 * The broadcast that continues through every fault, and others that faults hit.
 *
 * @module
 */

/** The path of the broadcast that continues. */
export const STEADY = "steady";
/** Its track with little traffic, which the audience watches. */
export const SMALL_TRACK = "small";
/** Its track of 8 Mbit/s. */
export const LARGE_TRACK = "large";

/** The path of a broadcast that a fault hits. */
export const DOOMED = "doomed";
/** The path of a second such broadcast. */
export const DOOMED_TOO = "doomed-too";
/** Its only track. */
export const DOOMED_TRACK = "track";
