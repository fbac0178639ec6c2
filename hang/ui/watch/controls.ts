/**
 * What buttons, keys and the pointer do in `<hang-watch>`. The controls go while
 * a pointer rests and something plays.
 *
 * @module
 */
import type { Player } from "../../watch/player.ts";
import type { PlayerState } from "../../watch/player_state.ts";
import { type ReadonlySignal, Signal } from "../../signals/signal.ts";
import { readWatchKey, type WatchKey } from "./watch_keys.ts";
import type { HangWatchView } from "./watch_view.ts";
import type { PictureInPicture } from "./picture_in_picture.ts";

// A pointer that rests for so long wants to see the picture alone.
const IDLE_MS = 2500;
const VOLUME_STEP = 0.1;

/** What is controlled: the element. */
interface ControlledElement extends HTMLElement {
  /** Whether it is paused. */
  paused: boolean;
  /** Whether it is muted. */
  muted: boolean;
  /** Loudness from 0 to 1. */
  volume: number;
  /** Track name of the captions that are shown. */
  captions: string | undefined;
  /** Whether the numbers are shown. */
  showStats: boolean;
  /** How it is doing. */
  readonly state: PlayerState;
  /** Its player, while there is one. */
  readonly player: Player | undefined;
}

/** Options of {@linkcode WatchControls}. */
interface WatchControlsOptions {
  /** What the user sees. */
  readonly view: HangWatchView;
  /** The settings, within the view. */
  readonly panel: HTMLElement;
  /** The picture in a window of its own, while there is a player. */
  readonly pip: ReadonlySignal<PictureInPicture | undefined>;
}

/** Listens for as long as the view is there. */
export class WatchControls {
  readonly #element: ControlledElement;
  readonly #view: HangWatchView;
  readonly #panel: HTMLElement;
  readonly #pip: ReadonlySignal<PictureInPicture | undefined>;
  readonly #isFullscreen = new Signal(false);
  /** Whether the element fills the screen. */
  readonly isFullscreen: ReadonlySignal<boolean> = this.#isFullscreen;
  #idle: ReturnType<typeof setTimeout> | undefined;

  /** Changes properties of `element`. */
  constructor(
    element: ControlledElement,
    { view, panel, pip }: WatchControlsOptions,
  ) {
    this.#element = element;
    this.#view = view;
    this.#panel = panel;
    this.#pip = pip;
    this.#listenToButtons();
    this.#listenToPointer();
    view.root.addEventListener("keydown", (event) => this.#onKey(event));
    element.addEventListener("fullscreenchange", () => {
      this.#isFullscreen.set(element.matches(":fullscreen"));
    });
  }

  /** Shows the controls for a while. */
  wake(): void {
    this.#view.root.classList.remove("idle");
    this.stop();
    this.#idle = setTimeout(() => this.#rest(), IDLE_MS);
  }

  /** Leaves the controls as they are. */
  stop(): void {
    clearTimeout(this.#idle);
  }

  #listenToButtons(): void {
    const [view, element] = [this.#view, this.#element];
    view.play.addEventListener("click", () => this.#togglePaused());
    view.mute.addEventListener("click", () => this.#toggleSound());
    view.unmute.addEventListener("click", () => element.muted = false);
    view.captions.addEventListener("click", () => this.#toggleCaptions());
    view.settings.addEventListener("click", () => this.#togglePanel());
    view.pip.addEventListener("click", () => this.#togglePip());
    view.fullscreen.addEventListener("click", () => this.#toggleFullscreen());
    view.volume.addEventListener("input", () => {
      element.volume = view.volume.valueAsNumber;
      element.muted = false;
    });
  }

  #listenToPointer(): void {
    const { root, canvas } = this.#view;
    canvas.addEventListener("dblclick", () => this.#toggleFullscreen());
    canvas.addEventListener("click", () => this.#togglePanel(false));
    for (const name of ["pointermove", "pointerdown", "focusin"]) {
      root.addEventListener(name, () => this.wake());
    }
    root.addEventListener("pointerleave", () => this.#rest());
  }

  #onKey(event: KeyboardEvent): void {
    const { root } = this.#view;
    const key = readWatchKey(event, { root, panel: this.#panel });
    if (key === undefined) return;
    const isVolume = key === "louder" || key === "quieter";
    if (!event.repeat || isVolume) this.#press(key);
    event.preventDefault();
  }

  #press(key: WatchKey): void {
    switch (key) {
      case "pause":
        return this.#togglePaused();
      case "mute":
        return this.#toggleSound();
      case "fullscreen":
        return this.#toggleFullscreen();
      case "captions":
        return this.#toggleCaptions();
      case "pip":
        return this.#togglePip();
      case "stats":
        return this.#toggleStats();
      case "louder":
        return this.#changeVolume(VOLUME_STEP);
      case "quieter":
        return this.#changeVolume(-VOLUME_STEP);
      case "close":
        this.#togglePanel(false);
        this.#view.settings.focus();
    }
  }

  #togglePaused(): void {
    this.#element.paused = !this.#element.paused;
  }

  #toggleSound(): void {
    // The click itself was the gesture that blocked sound waited for.
    if (this.#element.player?.soundBlocked()) return;
    this.#element.muted = !this.#element.muted;
  }

  #toggleCaptions(): void {
    const element = this.#element;
    const [first] = element.player?.captionTracks() ?? [];
    element.captions = element.captions === undefined ? first?.name : undefined;
  }

  #toggleStats(): void {
    this.#element.showStats = !this.#element.showStats;
  }

  #togglePanel(isOpen = Boolean(this.#panel.hidden)): void {
    this.#panel.hidden = !isOpen;
    this.#view.settings.ariaExpanded = String(isOpen);
    this.wake();
  }

  #togglePip(): void {
    const pip = this.#pip.peek();
    if (pip?.isOpen.peek()) return pip.close();
    pip?.open().catch(() => {
      // The browser does not want to, which the user sees.
    });
  }

  #toggleFullscreen(): void {
    if (!document.fullscreenEnabled) return;
    // Within another shadow tree the document names that one's host.
    const change = this.#element.matches(":fullscreen")
      ? document.exitFullscreen()
      : this.#element.requestFullscreen();
    change.catch(() => {
      // The browser does not want to, which the user sees.
    });
  }

  #changeVolume(by: number): void {
    const volume = Math.min(1, Math.max(0, this.#element.volume + by));
    this.#element.volume = Math.round(volume * 100) / 100;
  }

  #rest(): void {
    const isBusy = this.#element.state.kind !== "playing" ||
      !this.#panel.hidden;
    if (!isBusy) this.#view.root.classList.add("idle");
  }
}
