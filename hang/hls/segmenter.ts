/**
 * Cuts the samples of a rendition into segments. No waiting and no writing here.
 *
 * @module
 */
import type { OrderedSample } from "../container/sample_order.ts";

// Segments end at the first keyframe from here on; shorter ones cost requests, longer ones delay.
const WISHED_US = 1_900_000;
// What is further from the sample before it than this is not the same stretch of time.
const MAX_JUMP_US = 10_000_000;
// A whole second less than half: EXTINF is rounded before it is compared with the target duration.
const ROUNDING_US = 400_000;
const MAX_SEGMENT_BYTES = 48 << 20;
const MAX_SEGMENT_SAMPLES = 8192;

/** Longest segment while the target duration is not known, in seconds. */
const MAX_TARGET_SECONDS = 10;

/** Samples that become one segment. */
export interface CutSegment {
  /** In decode order, at least one. */
  readonly samples: readonly OrderedSample[];
  /** Presentation time of the first in microseconds. */
  readonly startUs: number;
  /** Up to the next segment, in microseconds. */
  readonly durationUs: number;
  /** Whether its time does not go on from the segment before it. */
  readonly isJump: boolean;
}

/** Options of {@linkcode Segmenter}. */
interface SegmenterOptions {
  /** Video is cut at keyframes, audio anywhere. */
  readonly kind: "video" | "audio";
  /** Distance of two samples in microseconds, until two have come. */
  readonly stepUs: number;
}

/** Collects samples until they make a segment. */
export class Segmenter {
  /** No segment may be longer when rounded to whole seconds. */
  targetSeconds = MAX_TARGET_SECONDS;
  readonly #options: SegmenterOptions;
  #samples: OrderedSample[] = [];
  #bytes = 0;
  #startUs = 0;
  #newestUs = 0;
  #isJump = false;
  #stepUs: number;

  /** Begins with the first keyframe. */
  constructor(options: SegmenterOptions) {
    this.#options = options;
    this.#stepUs = options.stepUs;
  }

  /** Takes the next sample in decode order; returns the segment that it ends, if it does. */
  push(sample: OrderedSample): CutSegment | undefined {
    if (this.#samples.length === 0) {
      if (sample.isKeyframe) this.#begin(sample, { isJump: false });
      return undefined;
    }
    const aheadUs = sample.timestampUs - this.#newestUs;
    if (Math.abs(aheadUs) > MAX_JUMP_US) {
      const cut = this.end();
      if (sample.isKeyframe) this.#begin(sample, { isJump: true });
      return cut;
    }
    if (this.#isEnd(sample)) {
      const cut = this.#cut(sample.timestampUs - this.#startUs);
      this.#begin(sample, { isJump: false });
      return cut;
    }
    this.#add(sample);
    return undefined;
  }

  /** The segment that was not complete, at the end of the track. */
  end(): CutSegment | undefined {
    if (this.#samples.length === 0) return undefined;
    const last = this.#samples.at(-1)!;
    const stepUs = last.durationUs ?? this.#stepUs;
    return this.#cut(this.#newestUs + stepUs - this.#startUs);
  }

  #isEnd({ isKeyframe, timestampUs }: OrderedSample): boolean {
    const spanUs = timestampUs - this.#startUs;
    const limitUs = this.targetSeconds * 1_000_000 + ROUNDING_US;
    const isFull = this.#bytes > MAX_SEGMENT_BYTES ||
      this.#samples.length >= MAX_SEGMENT_SAMPLES;
    const mayEnd = this.#options.kind === "audio" || isKeyframe;
    const wishedUs = Math.min(WISHED_US, this.targetSeconds * 1_000_000);
    return isFull || spanUs + this.#stepUs > limitUs ||
      (mayEnd && spanUs >= wishedUs);
  }

  #cut(durationUs: number): CutSegment {
    const cut: CutSegment = {
      samples: this.#samples,
      startUs: this.#startUs,
      durationUs: Math.max(1, durationUs),
      isJump: this.#isJump,
    };
    this.#samples = [];
    return cut;
  }

  #begin(
    sample: OrderedSample,
    { isJump }: { readonly isJump: boolean },
  ): void {
    this.#startUs = sample.timestampUs;
    this.#newestUs = sample.timestampUs;
    this.#isJump = isJump;
    this.#bytes = 0;
    this.#add(sample);
  }

  #add(sample: OrderedSample): void {
    this.#samples.push(sample);
    this.#bytes += sample.data.byteLength;
    const stepUs = sample.timestampUs - this.#newestUs;
    if (stepUs > 0) this.#stepUs = stepUs;
    this.#newestUs = Math.max(this.#newestUs, sample.timestampUs);
  }
}
