/**
 * A canvas in a window that stays on top: a video element shows what is drawn.
 *
 * @module
 */
import { type ReadonlySignal, Signal } from "../signals/signal.ts";

/** One canvas, in the page or in its window. */
export class PictureInPicture {
  readonly #isOpen = new Signal(false);
  readonly #canvas: HTMLCanvasElement;
  readonly #video = document.createElement("video");

  /** In the page at first. */
  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#video.muted = true;
    this.#video.addEventListener(
      "leavepictureinpicture",
      () => this.#closed(),
    );
  }

  /** Whether this browser can do it. */
  static get isSupported(): boolean {
    return document.pictureInPictureEnabled === true &&
      "captureStream" in HTMLCanvasElement.prototype;
  }

  /** Whether the window is open. */
  get isOpen(): ReadonlySignal<boolean> {
    return this.#isOpen;
  }

  /** Opens the window, which wants a gesture of the user; throws what the browser throws. */
  async open(): Promise<void> {
    this.#video.srcObject = this.#canvas.captureStream();
    await this.#video.play();
    await this.#video.requestPictureInPicture();
    this.#isOpen.set(true);
  }

  /** Closes the window. Idempotent. */
  close(): void {
    if (document.pictureInPictureElement === this.#video) {
      document.exitPictureInPicture().catch(() => {
        // It was being closed already.
      });
    }
    this.#closed();
  }

  #closed(): void {
    const stream = this.#video.srcObject;
    if (stream instanceof MediaStream) {
      for (const track of stream.getTracks()) track.stop();
    }
    this.#video.srcObject = null;
    this.#isOpen.set(false);
  }
}
