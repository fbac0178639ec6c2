/**
 * The broadcast that goes on whatever happens around it.
 *
 * @module
 */

/** Its path. */
export const STEADY = "steady";
/** Its track of little traffic, which the audience watches. */
export const SMALL_TRACK = "small";
/** Its track of 8 Mbit/s. */
export const LARGE_TRACK = "large";
