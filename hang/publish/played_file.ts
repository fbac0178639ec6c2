/**
 * A file of the user's, played in a loop by a hidden video element.
 *
 * @module
 */
import { Signal } from "../signals/signal.ts";
import type { CapturableElement } from "./browser_types.ts";
import { type CaptureProblem, problemOf } from "./capture_problem.ts";

/** Plays what the browser can play. */
export class PlayedFile {
  readonly #element: CapturableElement = document.createElement("video");
  readonly #url: string;
  /** The picture, while it plays. */
  readonly video: Signal<MediaStreamTrack | undefined> = new Signal(undefined);
  /** The sound, where there is one. */
  readonly audio: Signal<MediaStreamTrack | undefined> = new Signal(undefined);
  /** Why there is nothing. */
  readonly problem: Signal<CaptureProblem | undefined> = new Signal(undefined);
  #stream: MediaStream | undefined;

  /** Begins at once. */
  constructor(file: Blob) {
    const element = this.#element;
    this.#url = URL.createObjectURL(file);
    // Silent here; what is captured is not.
    element.muted = true;
    element.loop = true;
    element.playsInline = true;
    element.src = this.#url;
    element.addEventListener("error", () => this.#fail());
    element.addEventListener("playing", () => this.#capture(), { once: true });
    element.play().catch(() => this.#fail());
  }

  /** Ends it. Idempotent. */
  close(): void {
    this.video.set(undefined);
    this.audio.set(undefined);
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#element.pause();
    this.#element.removeAttribute("src");
    this.#element.load();
    URL.revokeObjectURL(this.#url);
  }

  #capture(): void {
    const element = this.#element;
    const stream = element.captureStream?.() ?? element.mozCaptureStream?.();
    if (!stream) return this.#fail();
    this.#stream = stream;
    const show = () => {
      this.video.set(stream.getVideoTracks()[0]);
      this.audio.set(stream.getAudioTracks()[0]);
    };
    // A file that begins again may come with tracks of its own.
    stream.addEventListener("addtrack", show);
    stream.addEventListener("removetrack", show);
    show();
  }

  #fail(): void {
    // Closing the source ends the element too, which is not a failure of the file.
    if (!this.#element.hasAttribute("src")) return;
    this.problem.set(problemOf("file", "unsupported"));
  }
}
