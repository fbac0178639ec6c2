/**
 * Where an element is: how many device pixels it has, and whether it is in
 * sight.
 *
 * @module
 */
import type { Size } from "../../catalog/catalog.ts";
import { listening } from "../../signals/dom.ts";
import { Signal } from "../../signals/signal.ts";

// While the edge of a window is dragged the size changes all the time.
const SETTLE_MS = 250;

/** Watches one element. */
export class Placement {
  /** Device pixels; `undefined` while it has none. */
  readonly size: Signal<Size | undefined> = new Signal(undefined);
  /** Whether the page is visible and the element in the window or near it. */
  readonly isVisible: Signal<boolean> = new Signal(true);
  readonly #element: Element;

  /** Knows nothing before it watches. */
  constructor(element: Element) {
    this.#element = element;
  }

  /** Watches; `margin` is a CSS length around the window, "always" or "never", and anything else is "0px". The function returned ends it. */
  watch(margin: string): () => void {
    let isNear = true;
    const look = () => {
      const isShown = document.visibilityState === "visible" && isNear;
      this.isVisible.set(margin === "always" || margin !== "never" && isShown);
    };
    const intersection = observer(margin, ([entry]) => {
      isNear = entry?.isIntersecting ?? true;
      look();
    });
    intersection.observe(this.#element);
    let settling: ReturnType<typeof setTimeout> | undefined;
    const resize = new ResizeObserver(() => {
      clearTimeout(settling);
      if (this.size.peek() === undefined) this.#measure();
      else settling = setTimeout(() => this.#measure(), SETTLE_MS);
    });
    resize.observe(this.#element);
    const stop = listening(document, { visibilitychange: look });
    look();
    return () => {
      intersection.disconnect();
      resize.disconnect();
      clearTimeout(settling);
      stop();
    };
  }

  #measure(): void {
    const { width, height } = this.#element.getBoundingClientRect();
    const [across, down] = [width, height].map((pixels) =>
      Math.round(pixels * devicePixelRatio)
    );
    this.size.set(across && down ? { width: across, height: down } : undefined);
  }
}

function observer(
  margin: string,
  callback: IntersectionObserverCallback,
): IntersectionObserver {
  try {
    return new IntersectionObserver(callback, { rootMargin: margin });
  } catch {
    // Not a length: as if nothing had been said.
    return new IntersectionObserver(callback);
  }
}
