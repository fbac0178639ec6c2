/**
 * One rendition on its way into one track of a file.
 *
 * @module
 */
import {
  type EncodedAudioPacketSource,
  EncodedPacket,
  type EncodedVideoPacketSource,
} from "mediabunny";
import { abortable } from "@moq-deno/lite/internal";
import type { DecoderFacts } from "./decoder_facts.ts";
import type { OrderedSample } from "../container/sample_order.ts";
import type { SteadyTime } from "./steady_time.ts";

// The coarsest step that a file format has.
const LEAST_STEP_US = 1000;

/** Where the file begins: at the first picture, or at the first sound when there is no video. */
export class StartTime {
  readonly #isVideo: boolean;
  readonly #known = Promise.withResolvers<number | undefined>();

  /** Set by the video when there is any, else by the audio. */
  constructor(isVideo: boolean) {
    this.#isVideo = isVideo;
  }

  /** A lane got its first sample, or ended without one. */
  first(kind: "video" | "audio", timestampUs: number | undefined): void {
    if ((kind === "video") === this.#isVideo) this.#known.resolve(timestampUs);
  }

  /** The time in microseconds; `undefined` when the video ended before it began. */
  get us(): Promise<number | undefined> {
    return this.#known.promise;
  }
}

/** Options of {@linkcode FileLane}. */
interface FileLaneOptions {
  /** What it carries. */
  readonly kind: "video" | "audio";
  /** The track in the file; closed at the end. */
  readonly sink: EncodedVideoPacketSource | EncodedAudioPacketSource;
  /** Where the samples come from. */
  readonly reader: {
    samples(signal?: AbortSignal): AsyncIterable<OrderedSample>;
  };
  /** What the file has to know. */
  readonly facts: DecoderFacts;
  /** Makes time go on, for all lanes of the file. */
  readonly time: SteadyTime;
  /** How much too early its packets are given to the file, in microseconds. */
  readonly earlierUs: number;
}

/** Moves the samples of one rendition into one track of a file. */
export class FileLane {
  /** What it carries. */
  readonly kind: "video" | "audio";
  readonly #options: FileLaneOptions;
  #frames = 0;
  #endUs = 0;
  #stepUs: number;
  #lastUs = 0;
  #floorUs = -Infinity;
  #newestUs = -Infinity;

  /** Moves nothing before {@linkcode FileLane.run}. */
  constructor(options: FileLaneOptions) {
    this.kind = options.kind;
    this.#options = options;
    this.#stepUs = options.facts.stepUs;
  }

  /** Samples written. */
  get frames(): number {
    return this.#frames;
  }

  /** Where the track ends, in microseconds. */
  get endUs(): number {
    return this.#endUs;
  }

  /** Runs until the samples end; throws what they throw and `signal.reason`. */
  async run(start: StartTime, signal: AbortSignal): Promise<void> {
    let hasBegun = false;
    try {
      for await (const sample of this.#options.reader.samples(signal)) {
        if (!hasBegun && !sample.isKeyframe) continue;
        const timestampUs = this.#options.time.at(this, sample);
        start.first(this.kind, timestampUs);
        const startUs = await start.us;
        if (startUs === undefined || timestampUs < startUs) continue;
        hasBegun = true;
        const placedUs = this.#place(sample, timestampUs - startUs);
        await abortable(this.#write(sample, placedUs), signal);
      }
    } finally {
      start.first(this.kind, undefined);
      this.#options.sink.close();
    }
  }

  /** After everything before the last keyframe: parts that were joined may overlap, and a file must not go back. */
  #place({ isKeyframe }: OrderedSample, timestampUs: number): number {
    if (isKeyframe) this.#floorUs = this.#newestUs;
    if (timestampUs <= this.#floorUs) {
      timestampUs = this.#floorUs + LEAST_STEP_US;
      // The next that overlaps comes after this one.
      this.#floorUs = timestampUs;
    }
    this.#newestUs = Math.max(this.#newestUs, timestampUs);
    return timestampUs;
  }

  async #write(sample: OrderedSample, timestampUs: number): Promise<void> {
    const stepUs = timestampUs - this.#lastUs;
    if (stepUs > 0 && this.#frames > 0) this.#stepUs = stepUs;
    this.#lastUs = timestampUs;
    const durationUs = sample.durationUs ?? this.#stepUs;
    const packet = new EncodedPacket(
      sample.data,
      sample.isKeyframe ? "key" : "delta",
      (timestampUs - this.#options.earlierUs) / 1_000_000,
      durationUs / 1_000_000,
    );
    const { sink, facts } = this.#options;
    await sink.add(packet, { decoderConfig: facts.decoderConfig });
    this.#frames++;
    this.#endUs = Math.max(this.#endUs, timestampUs + durationUs);
  }
}
