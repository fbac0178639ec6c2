/**
 * What buttons, keys and the pointer do in `<hang-watch>`. The controls go while
 * a pointer rests and something plays.
 *
 * @module
 */
import type { Player } from "../../watch/player.ts";
import type { PlayerState } from "../../watch/player_state.ts";
import { type ReadonlySignal, Signal } from "../../signals/signal.ts";
import {
  MUTED_ICON,
  PAUSE_ICON,
  PLAY_ICON,
  setIconPath,
  SOUND_ICON,
} from "../shared/icons.ts";
import { setLabel } from "../shared/parts.ts";
import { readWatchKey, type WatchKey } from "./watch_keys.ts";
import type { HangWatchView } from "./watch_view.ts";
import { PictureInPicture } from "./picture_in_picture.ts";

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

/** What the buttons show of the element, whose values are watched there. */
interface ButtonFacts {
  readonly isPaused: boolean;
  /** Whether nothing is heard. */
  readonly isMuted: boolean;
  readonly volume: number;
  readonly captions: string | undefined;
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
  readonly #options: WatchControlsOptions;
  /** Whether the element fills the screen. */
  readonly isFullscreen: Signal<boolean> = new Signal(false);
  readonly #actions: Readonly<Record<WatchKey, () => void>> = {
    pause: () => this.#element.paused = !this.#element.paused,
    mute: () => this.#toggleSound(),
    fullscreen: () => this.#toggleFullscreen(),
    captions: () => this.#toggleCaptions(),
    pip: () => this.#togglePip(),
    stats: () => this.#element.showStats = !this.#element.showStats,
    louder: () => this.#changeVolume(VOLUME_STEP),
    quieter: () => this.#changeVolume(-VOLUME_STEP),
    close: () => this.#closePanel(),
  };
  #idle: ReturnType<typeof setTimeout> | undefined;

  /** Changes properties of `element`. */
  constructor(
    element: ControlledElement,
    options: WatchControlsOptions,
  ) {
    const { view } = options;
    this.#element = element;
    this.#view = view;
    this.#options = options;
    this.#listenToButtons();
    this.#listenToPointer();
    view.root.addEventListener("keydown", (event) => this.#onKey(event));
    element.addEventListener("fullscreenchange", () => {
      this.isFullscreen.set(element.matches(":fullscreen"));
    });
  }

  /** Shows what the buttons do now; in an effect what it depends on is watched. */
  show({ isPaused, isMuted, volume, captions }: ButtonFacts): void {
    const [view, element] = [this.#view, this.#element];
    setIconPath(view.play, isPaused ? PLAY_ICON : PAUSE_ICON);
    setLabel(view.play, isPaused ? "Play" : "Pause");
    setIconPath(view.mute, isMuted ? MUTED_ICON : SOUND_ICON);
    setLabel(view.mute, isMuted ? "Turn on sound" : "Mute");
    view.volume.value = String(volume);
    view.captions.hidden = (element.player?.captionTracks() ?? []).length === 0;
    view.captions.ariaPressed = String(captions !== undefined);
    setLabel(view.captions, "Captions");
    view.settings.ariaExpanded = String(!this.#options.panel.hidden);
    setLabel(view.settings, "Settings");
    view.pip.hidden = !PictureInPicture.isSupported;
    const isInPicture = this.#options.pip.get()?.isOpen.get() ?? false;
    view.pip.ariaPressed = String(isInPicture);
    setLabel(view.pip, "Picture in picture");
    view.fullscreen.hidden = !document.fullscreenEnabled;
    view.fullscreen.ariaPressed = String(this.isFullscreen.get());
    setLabel(view.fullscreen, "Fullscreen");
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
    view.play.addEventListener("click", this.#actions.pause);
    view.mute.addEventListener("click", this.#actions.mute);
    view.unmute.addEventListener("click", () => element.muted = false);
    view.captions.addEventListener("click", this.#actions.captions);
    view.settings.addEventListener("click", () => this.#togglePanel());
    view.pip.addEventListener("click", this.#actions.pip);
    view.fullscreen.addEventListener("click", this.#actions.fullscreen);
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
    const { panel } = this.#options;
    const key = readWatchKey(event, { root, panel });
    if (key === undefined) return;
    const isVolume = key === "louder" || key === "quieter";
    if (!event.repeat || isVolume) this.#actions[key]();
    event.preventDefault();
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

  #togglePanel(isOpen = Boolean(this.#options.panel.hidden)): void {
    this.#options.panel.hidden = !isOpen;
    this.#view.settings.ariaExpanded = String(isOpen);
    this.wake();
  }

  #closePanel(): void {
    this.#togglePanel(false);
    this.#view.settings.focus();
  }

  #togglePip(): void {
    const pip = this.#options.pip.peek();
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
      !this.#options.panel.hidden;
    if (!isBusy) this.#view.root.classList.add("idle");
  }
}
