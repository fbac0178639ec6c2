/**
 * A canvas in a window that stays on top: a video element shows what is drawn.
 *
 * @module
 */
import { Signal } from "../../signals/signal.ts";

/** One canvas, in the page or in its window. */
export class PictureInPicture {
  /** Whether the window is open. */
  readonly isOpen: Signal<boolean> = new Signal(false);
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

  /** Opens the window, which wants a gesture of the user; throws what the browser throws. Idempotent. */
  async open(): Promise<void> {
    if (this.#video.srcObject) return;
    this.#video.srcObject = this.#canvas.captureStream();
    touch(this.#canvas);
    try {
      await this.#video.play();
      await this.#video.requestPictureInPicture();
    } catch (error) {
      this.#closed();
      throw error;
    }
    if (this.#video.srcObject) this.isOpen.set(true);
    else this.close();
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
    this.isOpen.set(false);
  }
}

/** Draws a pixel as it is: without a change nothing is captured, and a picture that is paused does not change. */
function touch(canvas: HTMLCanvasElement): void {
  const context = canvas.getContext("2d");
  context?.putImageData(context.getImageData(0, 0, 1, 1), 0, 0);
}
