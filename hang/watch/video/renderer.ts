/**
 * Draws pictures on a canvas, once per refresh of the screen.
 *
 * @module
 */
import type { VideoSection } from "../../catalog/catalog.ts";
import { effect, type ReadonlySignal } from "../../signals/signal.ts";
import type { ViewerTimings } from "../clock/viewer_timings.ts";

// About as often as a screen is refreshed at half its rate.
const HIDDEN_MS = 33;

interface RendererOptions {
  /** Asked at each refresh; the picture that it gives is closed here. */
  readonly source: {
    /** How the picture is to be turned. */
    readonly section: VideoSection | undefined;
    take(): VideoFrame | undefined;
  };
  /** Notes when each was drawn. */
  readonly timings: ViewerTimings;
  /** Whether to draw while the page is hidden, when it gets no refreshes. */
  readonly drawsHidden: ReadonlySignal<boolean>;
}

/** Draws until it is closed; the last picture stays. */
export class Renderer {
  readonly #context: CanvasRenderingContext2D;
  readonly #options: RendererOptions;
  readonly #stop: () => void;
  #request = 0;

  /** Begins at once; throws `TypeError` for a canvas that is in use otherwise. */
  constructor(canvas: HTMLCanvasElement, options: RendererOptions) {
    const context = canvas.getContext("2d", {
      alpha: false,
      desynchronized: true,
    });
    if (!context) {
      throw new TypeError("Expected a canvas for 2D drawing, got another");
    }
    this.#context = context;
    this.#options = options;
    this.#stop = effect(() => this.#runHidden(options.drawsHidden.get()));
    this.#next();
  }

  /** Draws no more. Idempotent. */
  close(): void {
    cancelAnimationFrame(this.#request);
    this.#stop();
  }

  #runHidden(isWanted: boolean): (() => void) | void {
    if (!isWanted) return;
    const timer = setInterval(() => document.hidden && this.#draw(), HIDDEN_MS);
    return () => clearInterval(timer);
  }

  #next(): void {
    this.#request = requestAnimationFrame(() => {
      this.#next();
      this.#draw();
    });
  }

  #draw(): void {
    const { source, timings } = this.#options;
    const frame = source.take();
    if (!frame) return;
    try {
      drawTurned(this.#context, frame, source.section);
      timings.mark("shownMs", frame.timestamp);
    } finally {
      frame.close();
    }
  }
}

/** Draws a picture turned clockwise, then mirrored, on a canvas that takes its size. */
function drawTurned(
  context: CanvasRenderingContext2D,
  frame: VideoFrame,
  { rotation = 0, flip = false }: Partial<VideoSection> = {},
): void {
  const { displayWidth, displayHeight } = frame;
  const isUpright = rotation % 180 === 0;
  const width = isUpright ? displayWidth : displayHeight;
  const height = isUpright ? displayHeight : displayWidth;
  const { canvas } = context;
  // Setting a size clears the canvas, even to the same one.
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  context.setTransform(flip ? -1 : 1, 0, 0, 1, width / 2, height / 2);
  context.rotate(rotation * Math.PI / 180);
  context.drawImage(frame, -displayWidth / 2, -displayHeight / 2);
}
