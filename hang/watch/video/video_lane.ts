/**
 * From a video track to pictures that are due: reads samples, decodes them
 * shortly before their time, and hands them out by the shared clock.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { Latch } from "@moq-deno/lite/internal";
import {
  TRACK_PRIORITY,
  type VideoConfig,
  type VideoSection,
} from "../../catalog/catalog.ts";
import type { OrderedSample } from "../../container/sample_order.ts";
import type { TrackReader } from "../../container/track_reader.ts";
import { DecodeCost } from "./decode_cost.ts";
import { FrameQueue } from "./frame_queue.ts";
import { endOf, type LaneOptions, readChoice } from "../lane.ts";
import type { VideoChoice } from "../quality/select.ts";
import type { ViewerTimings } from "../clock/viewer_timings.ts";

// Decoders of graphics cards lend few pictures at a time and stop when all are out.
const MAX_FRAMES_AHEAD = 8;
// Further behind than this, decoding everything would only keep it behind.
const HOPELESS_MS = 500;
const IN_TIME_MS = 50;
// A viewer that joins may get the end of a group that is long over, then the beginning of the current one.
const JOINED_GROUPS = 2;
// A decoder that fails again and again will not be better the next time.
const MAX_FAILURES = 3;

/** What a player wants to see. */
export interface VideoWish extends LaneOptions {
  /** What to play. */
  readonly choice: VideoChoice;
  /** How the picture is to be turned. */
  readonly section: VideoSection;
}

interface VideoLaneOptions extends VideoWish {
  /** Whether another lane shows pictures until this one has them. Else the first picture is shown at once. */
  readonly takesOver: boolean;
  /** Notes when each picture went by. */
  readonly timings: ViewerTimings;
}

/** Plays one rendition until it is closed. */
export class VideoLane {
  /** How the picture is to be turned. */
  readonly section: VideoSection;
  /** Resolves when it has ended, with the error unless it was closed or the track is complete; never rejects. */
  readonly closed: Promise<MoqError | undefined>;
  readonly #options: VideoLaneOptions;
  readonly #reader: TrackReader<VideoConfig>;
  readonly #frames = new FrameQueue<VideoFrame>();
  readonly #latch = new Latch();
  readonly #end = new AbortController();
  readonly #cost = new DecodeCost();
  #decoder: VideoDecoder | undefined;
  #failures = 0;
  #needsKeyframe = true;
  #hasShown: boolean;
  #isCaughtUp = false;
  #droppedBefore = 0;
  #skippedBefore = 0;

  /** Subscribes at once. */
  constructor(options: VideoLaneOptions) {
    this.#options = options;
    this.section = options.section;
    this.#hasShown = options.takesOver;
    // What takes over is wanted before what it replaces.
    const priority = TRACK_PRIORITY.video + (options.takesOver ? 1 : 0);
    this.#reader = readChoice(options.choice, {
      ...options,
      priority,
      arrivals: { received: (timestampUs) => this.#received(timestampUs) },
    });
    this.closed = this.#run();
  }

  /** What it plays. */
  get choice(): VideoChoice {
    return this.#options.choice;
  }

  /** Pictures that wait for the decoder. */
  get decodeQueue(): number {
    return this.#decoder?.decodeQueueSize ?? 0;
  }

  /** Presentation time in microseconds of the picture that {@linkcode VideoLane.take} would give now. */
  dueUs(): number | undefined {
    const playheadUs = this.#options.sync.playheadUs();
    if (playheadUs === undefined) return undefined;
    const dueUs = this.#frames.dueUs(playheadUs);
    this.#countDropped();
    this.#latch.wake();
    return dueUs;
  }

  /** The picture to show now if it is another one than before; the caller closes it. */
  take(): VideoFrame | undefined {
    const { sync, counters } = this.#options;
    const playheadUs = sync.playheadUs();
    if (playheadUs === undefined) return undefined;
    // The first picture is shown at once: a still is better than none.
    const frame = this.#frames.take(playheadUs) ??
      (this.#hasShown ? undefined : this.#frames.takeFirst());
    this.#countDropped();
    if (!frame) return undefined;
    this.#isCaughtUp ||= this.#reader.groups > JOINED_GROUPS ||
      sync.untilDueMs(frame.timestamp) > -IN_TIME_MS;
    this.#hasShown = true;
    counters.shownFrames++;
    this.#latch.wake();
    return frame;
  }

  /** Ends the subscription and the decoder. Idempotent. */
  close(): void {
    this.#end.abort(new MoqError("closed", "Video was closed"));
  }

  #received(timestampUs: number): void {
    this.#options.timings.mark("receivedMs", timestampUs);
    this.#options.sync.received(timestampUs, this.#cost.ms);
  }

  async #run(): Promise<MoqError | undefined> {
    const { signal } = this.#end;
    const release = this.#latch.wakeOn(signal);
    const error = await endOf(this.#runSamples(signal), signal);
    release();
    this.#closeDecoder();
    this.#frames.clear();
    await this.#reader.close();
    return error;
  }

  async #runSamples(signal: AbortSignal): Promise<void> {
    const { counters } = this.#options;
    for await (const sample of this.#reader.samples(signal)) {
      counters.bytes += sample.data.byteLength;
      this.#countSkipped();
      if (this.#isUseless(sample)) continue;
      await this.#untilRoom(signal);
      this.#decode(sample);
    }
    await this.#drain(signal);
  }

  #countDropped(): void {
    const { dropped } = this.#frames;
    this.#lose("droppedFrames", dropped - this.#droppedBefore);
    this.#droppedBefore = dropped;
  }

  #countSkipped(): void {
    const { skipped } = this.#reader;
    this.#lose("skippedGroups", skipped - this.#skippedBefore);
    this.#skippedBefore = skipped;
  }

  /** Pictures skipped on the way to the live edge after joining do not count as lost. */
  #lose(what: "droppedFrames" | "skippedGroups", count: number): void {
    if (this.#isCaughtUp) this.#options.counters[what] += count;
  }

  /** Whether it cannot be decoded, or is so late that the group after it is the better choice. */
  #isUseless({ isKeyframe, group, timestampUs }: OrderedSample): boolean {
    if (isKeyframe) this.#needsKeyframe = false;
    else if (
      group < this.#reader.newest &&
      this.#options.sync.untilDueMs(timestampUs) < -HOPELESS_MS
    ) this.#needsKeyframe = true;
    if (this.#needsKeyframe) this.#lose("droppedFrames", 1);
    return this.#needsKeyframe;
  }

  async #untilRoom(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const ahead = this.#frames.length + (this.#decoder?.decodeQueueSize ?? 0);
      if (ahead < MAX_FRAMES_AHEAD) return;
      await this.#latch.changed();
    }
  }

  /** Lets what was received be decoded and shown before everything is closed. */
  async #drain(signal: AbortSignal): Promise<void> {
    if (this.#decoder?.state === "configured") await this.#decoder.flush();
    while (!signal.aborted && this.#frames.length > 0) {
      await this.#latch.changed();
    }
  }

  #decode({ timestampUs, data, isKeyframe }: OrderedSample): void {
    this.#decoder ??= this.#openDecoder();
    this.#cost.begin(timestampUs);
    this.#decoder.decode(
      new EncodedVideoChunk({
        type: isKeyframe ? "key" : "delta",
        timestamp: timestampUs,
        data: data as Uint8Array<ArrayBuffer>,
      }),
    );
  }

  #openDecoder(): VideoDecoder {
    const decoder = new VideoDecoder({
      output: (frame) => {
        // Pictures of a decoder that was given up may still come.
        if (decoder === this.#decoder) this.#decoded(frame);
        else frame.close();
      },
      error: (error) => {
        if (decoder === this.#decoder) this.#failed(error);
      },
    });
    decoder.addEventListener("dequeue", () => this.#latch.wake());
    decoder.configure(this.#options.choice.decoderConfig);
    return decoder;
  }

  #decoded(frame: VideoFrame): void {
    const { counters, sync, timings } = this.#options;
    counters.decodedFrames++;
    this.#cost.end(frame.timestamp);
    timings.mark("decodedMs", frame.timestamp);
    this.#frames.push(frame);
    this.#frames.trim(sync.playheadUs() ?? -Infinity);
    this.#countDropped();
    this.#latch.wake();
  }

  #failed(error: DOMException): void {
    this.#options.log.warn?.("video decoder failed", { error: error.message });
    this.#decoder = undefined;
    this.#needsKeyframe = true;
    if (++this.#failures === MAX_FAILURES) {
      this.#end.abort(
        new MoqError("decode", `Video decoder failed: ${error.message}`, {
          cause: error,
        }),
      );
    }
    this.#latch.wake();
  }

  #closeDecoder(): void {
    const decoder = this.#decoder;
    this.#decoder = undefined;
    if (decoder && decoder.state !== "closed") decoder.close();
  }
}
