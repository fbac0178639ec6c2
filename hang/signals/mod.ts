/**
 * Values that can be watched, as the players expose them.
 *
 * @module
 */
export { effect, type ReadonlySignal, Signal } from "./signal.ts";
