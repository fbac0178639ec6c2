/**
 * The picture of a player: renditions on a canvas, the one that is wanted as
 * soon as it can be shown.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import type { VideoSection } from "../../catalog/catalog.ts";
import { Signal } from "../../signals/signal.ts";
import type { LaneOptions } from "../lane.ts";
import { Renderer } from "./renderer.ts";
import { isSameChoice, type VideoChoice } from "../quality/select.ts";
import { VideoLane } from "./video_lane.ts";
import { type LaneEnd, VideoSwitch } from "./video_switch.ts";
import { ViewerTimings } from "../clock/viewer_timings.ts";

// Without a new picture for so long a viewer sees that it stands still.
const STILL_MS = 700;
// A rendition that has no picture by then has none.
const PENDING_MS = 10_000;

/** A rendition that cannot be played. */
export interface VideoFailure {
  /** Its track's name. */
  readonly name: string;
  /** Why. */
  readonly error: MoqError;
  /** Whether pictures of another rendition go on. */
  readonly isCovered: boolean;
}

/** Hears of renditions that cannot be played. */
interface PlaybackSink {
  /** A rendition is no good, or has ended with an error. */
  videoFailed(failure: VideoFailure): void;
}

/** What is to be played. */
interface PlayOptions extends LaneOptions {
  /** The rendition. */
  readonly choice: VideoChoice;
  /** How the picture is to be turned. */
  readonly section: VideoSection;
}

/** Draws until it is closed. */
export class VideoPlayback {
  /** Whether a picture is shown. */
  readonly hasPicture: Signal<boolean> = new Signal(false);
  /** Whether the picture stands still. */
  readonly isStill: Signal<boolean> = new Signal(false);
  /** Track name of the rendition whose pictures are shown. */
  readonly rendition: Signal<string | undefined> = new Signal(undefined);
  /** Whether pictures are drawn while the page is hidden. */
  readonly drawsHidden: Signal<boolean> = new Signal(false);
  /** When each picture went by. */
  readonly marks: ViewerTimings = new ViewerTimings();
  readonly #sink: PlaybackSink;
  readonly #renderer: Renderer;
  readonly #switch: VideoSwitch<PlayOptions, VideoFrame>;
  #pendingSinceMs = 0;

  /** Begins to draw at once, as soon as there is anything. Throws `TypeError` for a canvas that is in use otherwise. */
  constructor(canvas: HTMLCanvasElement, sink: PlaybackSink) {
    this.#sink = sink;
    const lanes = new VideoSwitch<PlayOptions, VideoFrame>({
      open: (options, takesOver) =>
        new VideoLane({ ...options, takesOver, marks: this.marks }),
      failed: (end) => this.#failed(end),
    });
    this.#switch = lanes;
    const source = {
      get section() {
        return lanes.section;
      },
      take: () => lanes.take(),
    };
    this.#renderer = new Renderer(canvas, {
      source,
      marks: this.marks,
      drawsHidden: this.drawsHidden,
    });
  }

  /** Presentation time in microseconds of the picture shown last, while anything plays. */
  get shownUs(): number | undefined {
    return this.#switch.current && this.#renderer.shownUs;
  }

  /** The rendition whose pictures are shown. */
  get choice(): VideoChoice | undefined {
    return this.#switch.current?.choice;
  }

  /** Whether another rendition is about to take over. */
  get isSwitching(): boolean {
    return this.#switch.next !== undefined;
  }

  /** Pictures that wait for decoders. */
  get decodeQueue(): number {
    const { current, next } = this.#switch;
    return (current?.decodeQueue ?? 0) + (next?.decodeQueue ?? 0);
  }

  /** Plays a rendition; the one that plays goes on until it can be shown. */
  play(options: PlayOptions): void {
    const { current, next } = this.#switch;
    const { choice } = options;
    if (next && isSameChoice(choice, next.choice)) return;
    if (current && isSameChoice(choice, current.choice)) {
      return this.#switch.stay();
    }
    if (!current) this.hasPicture.set(false);
    this.#pendingSinceMs = performance.now();
    this.#switch.play(options);
  }

  /** Plays nothing; the last picture stays. */
  stop(): void {
    this.#switch.close();
    this.rendition.set(undefined);
    this.isStill.set(false);
  }

  /** Looks at how it is doing, a few times a second. */
  look(nowMs: number): void {
    const { current, next } = this.#switch;
    this.rendition.set(current?.choice.name);
    const stillMs = nowMs - this.#renderer.shownAtMs;
    if (current && stillMs < STILL_MS) this.hasPicture.set(true);
    this.isStill.set(current !== undefined && stillMs > STILL_MS);
    if (!next || nowMs - this.#pendingSinceMs < PENDING_MS) return;
    this.#switch.stay();
    const { name } = next.choice;
    const error = new MoqError(
      "timeout",
      `Expected a picture of ${name} within ${PENDING_MS} ms, got none`,
    );
    this.#sink.videoFailed({ name, error, isCovered: true });
  }

  /** Ends everything; the last picture stays. Idempotent. */
  close(): void {
    this.#switch.close();
    this.#renderer.close();
  }

  #failed({ choice, error, isCovered }: LaneEnd): void {
    this.#sink.videoFailed({ name: choice.name, error, isCovered });
  }
}
