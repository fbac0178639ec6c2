/**
 * Where each piece of media is on its way out, for whoever measures latency.
 *
 * @module
 */

/** A station on the way: it came from the device, from the encoder, and was handed to the session. */
export type PublishStage = "captured" | "encoded" | "sent";

/** One piece of media at one station. */
export interface PublishMark {
  /** Name of its track; of a picture that was captured, that of the first rendition that encodes it. */
  readonly track: string;
  /** Its timestamp in microseconds, the same at all stations and at the viewer. */
  readonly timestampUs: number;
  /** `performance.now()` when it was there. */
  readonly atMs: number;
}

/** Takes marks; called once per picture or piece of sound and station, so it should be quick. */
export interface PublishMarks {
  /** `mark` has come to `stage`. */
  mark(stage: PublishStage, mark: PublishMark): void;
}
