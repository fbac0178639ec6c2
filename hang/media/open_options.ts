/**
 * How a media file is opened.
 *
 * @module
 */
import type { Clock, Logger } from "@moq-deno/lite";

/** Options of `openMedia`. */
export interface OpenMediaOptions {
  /** Ends the wait for a source that does not deliver by throwing its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Keep the timestamps of the file, as for a part of a longer one. Default false: the earliest track begins at 0. */
  readonly keepsTimes?: boolean | undefined;
  /** Hears of damage, and of clocks that start again or jump. */
  readonly log?: Logger | undefined;
  /** Measures how long tracks of a stream that have come wait for those that have not. Default the system's. */
  readonly clock?: Clock | undefined;
}
