/**
 * The version of this package.
 *
 * @module
 */

/** The version, equal to the one in deno.json. */
export const RELAY_VERSION = "0.1.0";
