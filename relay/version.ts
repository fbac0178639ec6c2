/**
 * The version of this package.
 *
 * @module
 */

/** The same as in deno.json. */
export const RELAY_VERSION = "0.1.0";
