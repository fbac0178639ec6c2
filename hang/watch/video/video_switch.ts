/**
 * One picture out of changing renditions: the new one is subscribed and decoded
 * beside the old one, and takes over at the picture with which it has caught up.
 * Whoever draws sees neither a gap nor a picture twice.
 *
 * @module
 */
import type { MoqError } from "@moq-deno/lite";
import type { VideoSection } from "../../catalog/catalog.ts";
import type { VideoChoice } from "../quality/select.ts";

/** What is needed of a `VideoLane`. */
export interface SwitchedLane<Frame> {
  /** What it plays. */
  readonly choice: VideoChoice;
  /** How the picture is to be turned. */
  readonly section: VideoSection;
  /** Pictures that wait for the decoder. */
  readonly decodeQueue: number;
  /** Resolves when it has ended, with the error if it failed. */
  readonly closed: Promise<MoqError | undefined>;
  /** Presentation time of the picture that {@linkcode SwitchedLane.take} would give now. */
  dueUs(): number | undefined;
  /** The picture to show now if it is another one than before. */
  take(): Frame | undefined;
  /** Ends it. */
  close(): void;
}

/** What has become of a rendition. */
export interface LaneEnd {
  /** The rendition. */
  readonly choice: VideoChoice;
  /** What went wrong. */
  readonly error: MoqError;
  /** Whether another one goes on showing pictures. */
  readonly isCovered: boolean;
}

/** Makes lanes and hears of those that failed. */
interface LaneOwner<Options, Frame> {
  /** A new lane; one that takes over shows nothing before it is asked for the picture that is due. */
  open(options: Options, takesOver: boolean): SwitchedLane<Frame>;
  /** One has ended with an error; those that were closed are not told of. */
  failed(end: LaneEnd): void;
}

/** Shows one rendition, and while it changes holds two. */
export class VideoSwitch<
  Options,
  Frame extends { readonly timestamp: number },
> {
  readonly #owner: LaneOwner<Options, Frame>;
  #current: SwitchedLane<Frame> | undefined;
  #next: SwitchedLane<Frame> | undefined;
  #shownUs = -Infinity;

  /** Shows nothing yet. */
  constructor(owner: LaneOwner<Options, Frame>) {
    this.#owner = owner;
  }

  /** The rendition whose pictures are shown. */
  get current(): SwitchedLane<Frame> | undefined {
    return this.#current;
  }

  /** The rendition that is about to take over. */
  get next(): SwitchedLane<Frame> | undefined {
    return this.#next;
  }

  /** How the picture is to be turned. */
  get section(): VideoSection | undefined {
    return this.#current?.section;
  }

  /** Changes to another rendition, at once where none is shown; the latest wish counts. */
  play(options: Options): void {
    this.#drop();
    if (!this.#current) this.#current = this.#open(options, false);
    else this.#next = this.#open(options, true);
  }

  /** Gives up a change that has not taken place yet. */
  stay(): void {
    this.#drop();
  }

  /** The picture to show now if it is another one than before; the caller closes it. */
  take(): Frame | undefined {
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
  #isReady(next: SwitchedLane<Frame>): boolean {
    const dueUs = next.dueUs();
    if (dueUs === undefined || dueUs <= this.#shownUs) return false;
    return dueUs >= (this.#current?.dueUs() ?? -Infinity);
  }

  #drop(): void {
    this.#next?.close();
    this.#next = undefined;
  }

  #open(options: Options, takesOver: boolean): SwitchedLane<Frame> {
    const lane = this.#owner.open(options, takesOver);
    lane.closed.then((error) => error && this.#failed(lane, error));
    return lane;
  }

  #failed(lane: SwitchedLane<Frame>, error: MoqError): void {
    const { choice } = lane;
    if (lane === this.#next) {
      this.#next = undefined;
      return this.#owner.failed({ choice, error, isCovered: true });
    }
    if (lane !== this.#current) return;
    // Whoever was about to take over does so now, with its first picture.
    this.#current = this.#next;
    this.#next = undefined;
    const isCovered = this.#current !== undefined;
    this.#owner.failed({ choice, error, isCovered });
  }
}
