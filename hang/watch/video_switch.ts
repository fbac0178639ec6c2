/**
 * One picture out of changing renditions: the new one is subscribed and decoded
 * beside the old one, and takes over at the picture with which it has caught up.
 * Whoever draws sees neither a gap nor a picture twice.
 *
 * @module
 */
import type { MoqError } from "@moq-deno/lite";
import type { VideoSection } from "../catalog/catalog.ts";
import type { VideoChoice } from "./select.ts";
import { VideoLane, type VideoLaneOptions } from "./video_lane.ts";

/** What a new lane is made of, but for whether it takes over. */
export type SwitchOptions = Omit<VideoLaneOptions, "takesOver">;

/** What has become of a rendition. */
export interface LaneEnd {
  /** The rendition. */
  readonly choice: VideoChoice;
  /** What went wrong. */
  readonly error: MoqError;
  /** Whether another one goes on showing pictures. */
  readonly isCovered: boolean;
}

/** Hears of renditions that failed. */
export interface LaneSink {
  /** One has ended with an error; those that were closed are not told of. */
  failed(end: LaneEnd): void;
}

/** Shows one rendition, and while it changes holds two. */
export class VideoSwitch {
  readonly #sink: LaneSink;
  #current: VideoLane | undefined;
  #next: VideoLane | undefined;
  #shownUs = -Infinity;

  /** `sink` hears of renditions that failed. */
  constructor(sink: LaneSink) {
    this.#sink = sink;
  }

  /** The rendition whose pictures are shown. */
  get current(): VideoLane | undefined {
    return this.#current;
  }

  /** The rendition that is about to take over. */
  get next(): VideoLane | undefined {
    return this.#next;
  }

  /** How the picture is to be turned. */
  get section(): VideoSection | undefined {
    return this.#current?.section;
  }

  /** Changes to another rendition, at once where none is shown; the latest wish counts. */
  play(options: SwitchOptions): void {
    this.#drop();
    if (!this.#current) this.#current = this.#open(options, false);
    else this.#next = this.#open(options, true);
  }

  /** Gives up a change that has not taken place yet. */
  stay(): void {
    this.#drop();
  }

  /** The picture to show now if it is another one than before; the caller closes it. */
  take(): VideoFrame | undefined {
    if (this.#next && this.#isReady(this.#next)) {
      this.#current?.close();
      this.#current = this.#next;
      this.#next = undefined;
    }
    const frame = this.#current?.take();
    if (frame) this.#shownUs = frame.timestamp;
    return frame;
  }

  /** Ends everything. Idempotent. */
  close(): void {
    this.#drop();
    this.#current?.close();
    this.#current = undefined;
    this.#shownUs = -Infinity;
  }

  /** Whether its picture is newer than the one shown and not older than the one that would be. */
  #isReady(next: VideoLane): boolean {
    const dueUs = next.dueUs();
    if (dueUs === undefined || dueUs <= this.#shownUs) return false;
    return dueUs >= (this.#current?.dueUs() ?? -Infinity);
  }

  #drop(): void {
    this.#next?.close();
    this.#next = undefined;
  }

  #open(options: SwitchOptions, takesOver: boolean): VideoLane {
    const lane = new VideoLane({ ...options, takesOver });
    lane.closed.then((error) => error && this.#failed(lane, error));
    return lane;
  }

  #failed(lane: VideoLane, error: MoqError): void {
    const { choice } = lane;
    if (lane === this.#next) {
      this.#next = undefined;
      return this.#sink.failed({ choice, error, isCovered: true });
    }
    if (lane !== this.#current) return;
    // Whoever was about to take over does so now, with its first picture.
    this.#current = this.#next;
    this.#next = undefined;
    const isCovered = this.#current !== undefined;
    this.#sink.failed({ choice, error, isCovered });
  }
}
