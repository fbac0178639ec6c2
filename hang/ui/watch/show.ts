/**
 * Puts what a player is doing into the view of `<hang-watch>`.
 *
 * @module
 */
import type { PlayerState } from "../../watch/player_state.ts";
import type { HangWatchView } from "./watch_view.ts";
import { setIcon } from "../shared/icons.ts";
import { setLabel } from "../shared/parts.ts";
import { PictureInPicture } from "./picture_in_picture.ts";

const WAITING: readonly string[] = [
  "connecting",
  "relay-gone",
  "offline",
  "loading",
  "buffering",
];

/** What is shown beside the picture. */
interface ShownState {
  /** How the player is doing. */
  readonly state: PlayerState;
  /** The broadcast's path. */
  readonly name: string;
  /** Whether the browser keeps the sound silent. */
  readonly isBlocked: boolean;
  /** What is said now. */
  readonly caption: string;
}

/** What the buttons show. */
interface ShownButtons {
  /** Whether it is paused. */
  readonly isPaused: boolean;
  /** Whether nothing is heard. */
  readonly isMuted: boolean;
  /** Loudness from 0 to 1. */
  readonly volume: number;
  /** Whether there are captions. */
  readonly hasCaptions: boolean;
  /** Whether they are shown. */
  readonly showsCaptions: boolean;
  /** Whether the settings are open. */
  readonly isSettingsOpen: boolean;
  /** Whether the picture is in a window of its own. */
  readonly isInPicture: boolean;
  /** Whether it fills the screen. */
  readonly isFullscreen: boolean;
}

/** Shows the state, and what is said. */
export function showState(
  view: HangWatchView,
  { state, name, isBlocked, caption }: ShownState,
): void {
  const isPlaying = state.kind === "playing";
  view.status.hidden = isPlaying || state.kind === "paused";
  view.statusText.textContent = state.text;
  view.spinner.hidden = !WAITING.includes(state.kind);
  view.live.textContent = isPlaying ? "Live" : labelOf(state);
  view.live.classList.toggle("on", isPlaying);
  view.canvas.setAttribute("aria-label", `Live video: ${name}`);
  view.unmute.hidden = !isBlocked;
  view.caption.textContent = caption;
}

/** Shows the buttons, with a name for each. */
export function showButtons(view: HangWatchView, shown: ShownButtons): void {
  setIcon(view.play, shown.isPaused ? "play" : "pause");
  setLabel(view.play, shown.isPaused ? "Play" : "Pause");
  setIcon(view.mute, shown.isMuted ? "muted" : "sound");
  setLabel(view.mute, shown.isMuted ? "Turn on sound" : "Mute");
  view.volume.value = String(shown.volume);
  view.captions.hidden = !shown.hasCaptions;
  view.captions.ariaPressed = String(shown.showsCaptions);
  setLabel(view.captions, "Captions");
  view.settings.ariaExpanded = String(shown.isSettingsOpen);
  setLabel(view.settings, "Settings");
  view.pip.hidden = !PictureInPicture.isSupported;
  view.pip.ariaPressed = String(shown.isInPicture);
  setLabel(view.pip, "Picture in picture");
  view.fullscreen.hidden = !document.fullscreenEnabled;
  view.fullscreen.ariaPressed = String(shown.isFullscreen);
  setLabel(view.fullscreen, "Fullscreen");
}

function labelOf({ kind }: PlayerState): string {
  if (kind === "paused") return "Paused";
  return WAITING.includes(kind) ? "Waiting" : "Stopped";
}
