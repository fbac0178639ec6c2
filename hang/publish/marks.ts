/**
 * Where each piece of media is on its way out, for measuring latency.
 *
 * @module
 */
import type { PublisherStage, StageMark } from "../catalog/frame_marks.ts";

/** Takes marks; called once per picture or piece of sound and station, so it should be quick. */
export interface PublishMarks {
  /** `mark` has come to `stage`: from the device, out of the encoder, to the session. */
  mark(stage: PublisherStage, mark: StageMark): void;
}
