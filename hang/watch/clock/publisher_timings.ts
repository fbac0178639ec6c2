/**
 * When the publisher captured, encoded and sent pictures, as it reports.
 *
 * @module
 */
import type { BroadcastConsumer, Logger } from "@moq-deno/lite";
import { asMoqError } from "@moq-deno/lite/internal";
import type { Catalog } from "../../catalog/catalog.ts";
import {
  consumeFrameMarks,
  type FrameMarks,
  frameMarksTrack,
} from "../../catalog/frame_marks.ts";
import { running } from "../../signals/lasting.ts";

// Ten seconds of 60 pictures, told twice.
const MAX_TOLD = 1200;

/** Keeps the newest ten seconds. */
export class PublisherTimings {
  readonly #log: Logger;
  #marks: FrameMarks | undefined;

  /** Asks for nothing yet. */
  constructor(log: Logger) {
    this.#log = log;
  }

  /** What the publisher has reported; `undefined` if it reports nothing. */
  get marks(): FrameMarks | undefined {
    return this.#marks;
  }

  /** Reads the publisher's reports, if its catalog lists them; the function returned ends that. */
  ask(broadcast: BroadcastConsumer, catalog: Catalog): (() => void) | void {
    const track = frameMarksTrack(catalog);
    if (track === undefined) return;
    const stop = running((signal) => this.#run(broadcast, { track, signal }));
    return () => {
      stop();
      this.#marks = undefined;
    };
  }

  async #run(
    broadcast: BroadcastConsumer,
    options: { readonly track: string; readonly signal: AbortSignal },
  ): Promise<void> {
    try {
      for await (const told of consumeFrameMarks(broadcast, options)) {
        const before = this.#marks?.marks ?? [];
        const marks = [...before, ...told.marks].slice(-MAX_TOLD);
        this.#marks = { ...told, marks };
      }
    } catch (error) {
      // The reports have ended; the viewer's own timings stay.
      const { message } = asMoqError(error);
      this.#log.debug?.("no marks of the publisher", { error: message });
    }
  }
}
