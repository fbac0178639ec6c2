/**
 * From samples to groups: one rendition of a broadcast, from a file or live.
 *
 * @module
 */
import {
  type GroupProducer,
  type Logger,
  MoqError,
  type TrackProducer,
} from "@moq-deno/lite";
import type { Container, Sample } from "./sample.ts";

/**
 * Span of a group of sound. Peers do either one group per frame, 50 streams a second for each viewer, or 100 ms;
 * a stream costs a relay more than the bytes in it, and 100 ms is what a lost group may cost in sound.
 */
const AUDIO_GROUP_US = 100_000;

const KEYFRAME_ADVICE =
  "; pictures are dropped until the next keyframe: let the encoder make one every few seconds (ffmpeg: -g)";

/** Options of {@linkcode TrackWriter}. */
interface TrackWriterOptions {
  /** Where the groups go. */
  readonly track: TrackProducer;
  /** How samples are packed. */
  readonly container: Pick<Container, "encode">;
  /** Video begins a group at each keyframe, audio one every {@linkcode AUDIO_GROUP_US}. */
  readonly kind: "video" | "audio";
  /** Hears of groups that were given up. */
  readonly log: Logger;
}

/** Writes one track's samples as groups and counts them. */
export class TrackWriter {
  readonly #options: TrackWriterOptions;
  #group: GroupProducer | undefined;
  #groupStartUs = 0;
  #groups = 0;
  #frames = 0;
  #bytes = 0;

  /** Writes to `options.track` from the first keyframe on. */
  constructor(options: TrackWriterOptions) {
    this.#options = options;
  }

  /** Groups begun. */
  get groups(): number {
    return this.#groups;
  }

  /** Frames written. */
  get frames(): number {
    return this.#frames;
  }

  /** Bytes of payload written. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Writes one sample in decode order; those before the first keyframe, and the rest of a group that got too large, are left out. */
  write(sample: Sample): void {
    const { timestampUs } = sample;
    if (this.#beginsGroup(sample)) this.#begin(timestampUs);
    if (!this.#group) return;
    const payload = this.#options.container.encode(sample);
    try {
      this.#group.writeFrame({ timestamp: timestampUs, payload });
    } catch (error) {
      if (!(error instanceof MoqError)) throw error;
      // The model has ended the group with this error; the next keyframe begins another.
      const advice = this.#options.kind === "video" ? KEYFRAME_ADVICE : "";
      this.#options.log.warn?.("group given up", {
        track: this.#options.track.name,
        sequence: this.#group.sequence,
        error: error.message + advice,
      });
      this.#group = undefined;
      return;
    }
    this.#frames++;
    this.#bytes += payload.byteLength;
  }

  /** Ends the group; the next keyframe begins another. */
  endGroup(): void {
    this.#group?.close();
    this.#group = undefined;
  }

  /** Ends the group and the track. */
  close(error?: MoqError): void {
    this.#group?.close(error);
    this.#options.track.close(error);
  }

  #beginsGroup({ isKeyframe, timestampUs }: Sample): boolean {
    if (!isKeyframe) return false;
    return this.#options.kind === "video" || !this.#group ||
      timestampUs - this.#groupStartUs >= AUDIO_GROUP_US;
  }

  #begin(timestampUs: number): void {
    this.#group?.close();
    this.#group = this.#options.track.group();
    this.#groupStartUs = timestampUs;
    this.#groups++;
  }
}
