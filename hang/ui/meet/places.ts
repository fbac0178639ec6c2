/**
 * Where the tiles of a meeting are: in a grid, or each at a place of its own,
 * where the own tile can be dragged.
 *
 * @module
 */
import type { Position } from "../../catalog/room.ts";
import {
  type Box,
  gridOf,
  type Place,
  placeOf,
  positionAt,
  spreadOf,
} from "../../meet/layout.ts";
import { type ReadonlySignal, Signal } from "../../signals/signal.ts";
import type { MeetPerson } from "./person.ts";
import type { HangMeetView } from "./meet_view.ts";

const GAP_PX = 8;

/** A tile and where its person wants to be seen. */
interface Placed {
  readonly element: HTMLElement;
  readonly at: Position;
}

/** Places the tiles of one view. */
export class MeetPlaces {
  readonly #view: HangMeetView;
  readonly #isWindow: ReadonlySignal<boolean>;
  readonly #box = new Signal<Box>({ width: 0, height: 0 });
  readonly #own = new Signal<Position>({ x: 0, y: 0, z: 1 });

  /** In a window everyone has a place of their own. Knows no size before it watches. */
  constructor(view: HangMeetView, isWindow: ReadonlySignal<boolean>) {
    this.#view = view;
    this.#isWindow = isWindow;
  }

  /** The own position; `undefined` in a grid. */
  get own(): ReadonlySignal<Position | undefined> {
    return {
      get: () => this.#isWindow.get() ? this.#own.get() : undefined,
      peek: () => this.#isWindow.peek() ? this.#own.peek() : undefined,
    };
  }

  /** Follows the size of the view; the function returned ends it. */
  watch(): () => void {
    const { stage } = this.#view;
    const observer = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = stage;
      this.#box.set({ width, height });
    });
    observer.observe(stage);
    return () => observer.disconnect();
  }

  /** Places the tiles; in an effect whatever they depend on is watched. */
  arrange(
    own: HTMLElement | undefined,
    people: readonly MeetPerson[],
  ): void {
    const box = this.#box.get();
    const isWindow = this.#isWindow.get();
    this.#view.grid.classList.toggle("places", isWindow);
    const shown: Placed[] = people.map((person, index) => ({
      element: person.tile.element,
      at: person.position() ?? spreadOf(index, people.length, box),
    }));
    if (own) shown.push({ element: own, at: this.#own.get() });
    const { tile } = gridOf(shown.length, box, { gapPx: GAP_PX });
    for (const { element, at } of shown) {
      const inGrid = { ...tile, left: 0, top: 0, z: 0 };
      put(element, isWindow ? placeOf(at, box) : inGrid);
    }
  }

  /** Begins to drag the own tile, in a window and where the event is on that tile. */
  grab(event: PointerEvent, own: HTMLElement): void {
    if (!this.#isWindow.peek() || !event.composedPath().includes(own)) return;
    const box = this.#box.peek();
    const place = placeOf(this.#own.peek(), box);
    const [dx, dy] = [event.clientX - place.left, event.clientY - place.top];
    const move = ({ clientX, clientY }: PointerEvent): void => {
      const at = { left: clientX - dx, top: clientY - dy };
      const position = positionAt(at, place, box);
      this.#own.set({ ...this.#own.peek(), ...position });
    };
    const drop = () => own.removeEventListener("pointermove", move);
    own.setPointerCapture(event.pointerId);
    own.addEventListener("pointermove", move);
    own.addEventListener("lostpointercapture", drop, { once: true });
  }
}

function put({ style }: HTMLElement, place: Place): void {
  style.width = `${place.width}px`;
  style.height = `${place.height}px`;
  style.left = `${place.left}px`;
  style.top = `${place.top}px`;
  style.zIndex = String(place.z);
}
