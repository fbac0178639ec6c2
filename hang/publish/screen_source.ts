/**
 * A screen, a window or a tab that the user chose, with its sound where the
 * browser gives it.
 *
 * @module
 */
import { Latch } from "@moq-deno/lite/internal";
import { listening } from "../signals/dom.ts";
import { running } from "../signals/lasting.ts";
import { Signal } from "../signals/signal.ts";
import {
  type CaptureProblem,
  captureProblem,
  problemOf,
} from "./capture_problem.ts";

const FRAMERATE = 30;

/** Asks the user once; to ask again, make another. Browsers want a gesture for that. */
export class ScreenSource {
  /** The picture, while it is shared. */
  readonly video: Signal<MediaStreamTrack | undefined> = new Signal(undefined);
  /** The sound, where there is one. */
  readonly audio: Signal<MediaStreamTrack | undefined> = new Signal(undefined);
  /** Why there is nothing. */
  readonly problem: Signal<CaptureProblem | undefined> = new Signal(undefined);
  /** Whether the user has not chosen yet. */
  readonly isAsking: Signal<boolean> = new Signal(true);
  readonly #stop: () => void;

  /** Asks at once. */
  constructor() {
    this.#stop = running((signal) => this.#run(signal));
  }

  /** Ends the sharing. Idempotent. */
  close(): void {
    this.#stop();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const latch = new Latch();
    const release = latch.wakeOn(signal);
    let stream: MediaStream | undefined;
    try {
      stream = await navigator.mediaDevices.getDisplayMedia({
        video: { frameRate: { ideal: FRAMERATE } },
        audio: true,
      });
      this.isAsking.set(false);
      await this.#share(stream, { latch, signal });
    } catch (error) {
      this.problem.set(this.#problemOf(error));
    }
    this.isAsking.set(false);
    this.video.set(undefined);
    this.audio.set(undefined);
    for (const track of stream?.getTracks() ?? []) track.stop();
    release();
  }

  async #share(
    stream: MediaStream,
    { latch, signal }: { readonly latch: Latch; readonly signal: AbortSignal },
  ): Promise<void> {
    const [video] = stream.getVideoTracks();
    const stop = video && listening(video, { ended: () => latch.wake() });
    if (!signal.aborted) {
      this.video.set(video);
      this.audio.set(stream.getAudioTracks()[0]);
    }
    while (!signal.aborted && video?.readyState === "live") {
      await latch.changed();
    }
    stop?.();
    if (!signal.aborted) this.problem.set(problemOf("screen", "ended"));
  }

  #problemOf(error: unknown): CaptureProblem {
    const devices = (navigator as Partial<Navigator>).mediaDevices as
      | Partial<MediaDevices>
      | undefined;
    if (!devices) return problemOf("screen", "insecure");
    if (!devices.getDisplayMedia) return problemOf("screen", "unsupported");
    return captureProblem("screen", error);
  }
}
