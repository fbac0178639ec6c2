/**
 * The picture of a player: one rendition, and two while it changes. The new one
 * is subscribed and decoded beside the old one, and takes over at the picture
 * with which it has caught up. The viewer sees neither a gap nor a picture
 * twice.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import type { VideoSection } from "../../catalog/catalog.ts";
import { Signal } from "../../signals/signal.ts";
import { isSameChoice, type VideoChoice } from "../quality/select.ts";

// Without a new picture for so long a viewer sees that it stands still.
const STILL_MS = 700;
// A rendition that has no picture by then has none.
const PENDING_MS = 10_000;

/** What is needed of a `VideoLane`. */
export interface PlayedLane<Frame> {
  /** What it plays. */
  readonly choice: VideoChoice;
  /** How the picture is to be turned. */
  readonly section: VideoSection;
  /** Pictures that wait for the decoder. */
  readonly decodeQueue: number;
  /** Resolves when it has ended, with the error if it failed. */
  readonly closed: Promise<MoqError | undefined>;
  /** Presentation time of the picture that {@linkcode PlayedLane.take} would give now. */
  dueUs(): number | undefined;
  /** The picture to show now if it is another one than before. */
  take(): Frame | undefined;
  /** Ends it. */
  close(): void;
}

/** A rendition that cannot be played. */
export interface VideoFailure {
  /** Its track's name. */
  readonly name: string;
  /** Why. */
  readonly error: MoqError;
  /** Whether pictures of another rendition go on. */
  readonly isCovered: boolean;
}

/** Makes lanes and hears of those that failed. */
interface LaneOwner<Options, Frame> {
  /** A new lane; one that takes over shows nothing before it is asked for the picture that is due. */
  open(options: Options, takesOver: boolean): PlayedLane<Frame>;
  /** One has ended with an error, or has no picture in time; not called for those that were closed. */
  failed(failure: VideoFailure): void;
}

/** Plays until it is stopped; `Renderer` draws what it gives. */
export class VideoPlayback<
  Options extends { readonly choice: VideoChoice },
  Frame extends { readonly timestamp: number },
> {
  /** Whether a picture is shown. */
  readonly hasPicture: Signal<boolean> = new Signal(false);
  /** Whether the picture stands still. */
  readonly isStill: Signal<boolean> = new Signal(false);
  /** Track name of the rendition whose pictures are shown. */
  readonly rendition: Signal<string | undefined> = new Signal(undefined);
  readonly #owner: LaneOwner<Options, Frame>;
  #current: PlayedLane<Frame> | undefined;
  #next: PlayedLane<Frame> | undefined;
  #shownUs: number | undefined;
  #shownAtMs = 0;
  #pendingSinceMs = 0;

  /** Plays nothing yet. */
  constructor(owner: LaneOwner<Options, Frame>) {
    this.#owner = owner;
  }

  /** Presentation time in microseconds of the picture shown last, while anything plays. */
  get shownUs(): number | undefined {
    return this.#current && this.#shownUs;
  }

  /** The rendition whose pictures are shown. */
  get choice(): VideoChoice | undefined {
    return this.#current?.choice;
  }

  /** How the picture is to be turned. */
  get section(): VideoSection | undefined {
    return this.#current?.section;
  }

  /** Whether another rendition is about to take over. */
  get isSwitching(): boolean {
    return this.#next !== undefined;
  }

  /** Pictures that wait for decoders. */
  get decodeQueue(): number {
    const { decodeQueue = 0 } = this.#current ?? {};
    return decodeQueue + (this.#next?.decodeQueue ?? 0);
  }

  /** Plays a rendition, at once where none is shown; else the one that plays goes on until it can be shown. */
  play(options: Options): void {
    const { choice } = options;
    if (isSameChoice(choice, this.#next?.choice)) return;
    this.#drop();
    if (isSameChoice(choice, this.#current?.choice)) return;
    this.#pendingSinceMs = performance.now();
    if (this.#current) this.#next = this.#open(options, true);
    else {
      this.hasPicture.set(false);
      this.#current = this.#open(options, false);
    }
  }

  /** The picture to show now if it is another one than before; the caller closes it. */
  take(): Frame | undefined {
    if (this.#next && this.#isReady(this.#next)) {
      this.#current?.close();
      this.#current = this.#next;
      this.#next = undefined;
    }
    const frame = this.#current?.take();
    if (!frame) return undefined;
    this.#shownUs = frame.timestamp;
    this.#shownAtMs = performance.now();
    return frame;
  }

  /** Looks at how it is doing, a few times a second. */
  look(nowMs: number): void {
    this.rendition.set(this.#current?.choice.name);
    const stillMs = nowMs - this.#shownAtMs;
    if (this.#current && stillMs < STILL_MS) this.hasPicture.set(true);
    this.isStill.set(this.#current !== undefined && stillMs > STILL_MS);
    if (!this.#next || nowMs - this.#pendingSinceMs < PENDING_MS) return;
    const { name } = this.#next.choice;
    this.#drop();
    const error = new MoqError(
      "timeout",
      `no picture of ${name} came within ${PENDING_MS} ms`,
    );
    this.#owner.failed({ name, error, isCovered: true });
  }

  /** Plays nothing; the last picture stays. Idempotent. */
  stop(): void {
    this.#drop();
    this.#current?.close();
    this.#current = undefined;
    this.#shownUs = undefined;
    this.rendition.set(undefined);
    this.isStill.set(false);
  }

  /** Whether its picture is newer than the one shown and not older than the one that would be. */
  #isReady(next: PlayedLane<Frame>): boolean {
    const dueUs = next.dueUs();
    if (dueUs === undefined || dueUs <= (this.#shownUs ?? -Infinity)) {
      return false;
    }
    return dueUs >= (this.#current?.dueUs() ?? -Infinity);
  }

  #drop(): void {
    this.#next?.close();
    this.#next = undefined;
  }

  #open(options: Options, takesOver: boolean): PlayedLane<Frame> {
    const lane = this.#owner.open(options, takesOver);
    lane.closed.then((error) => error && this.#failed(lane, error));
    return lane;
  }

  #failed(lane: PlayedLane<Frame>, error: MoqError): void {
    const isNext = lane === this.#next;
    if (!isNext && lane !== this.#current) return;
    // The one that was about to take over does so now, with its first picture.
    if (!isNext) this.#current = this.#next;
    this.#next = undefined;
    const isCovered = this.#current !== undefined;
    this.#owner.failed({ name: lane.choice.name, error, isCovered });
  }
}
