/**
 * Puts what is switched on and who is there into the view of `<hang-meet>`.
 *
 * @module
 */
import type { HangMeetView } from "./meet_view.ts";
import { setIcon } from "../shared/icons.ts";
import { setLabel } from "../shared/parts.ts";

/** What the bar shows. */
interface ShownBar {
  /** Whether one is in the room oneself. */
  readonly isInside: boolean;
  /** Whether the microphone is off. */
  readonly isMuted: boolean;
  /** Whether the camera is off. */
  readonly isInvisible: boolean;
  /** Whether one shows a screen. */
  readonly isScreen: boolean;
  /** How many people there are. */
  readonly count: number;
  /** How many are shown at most. */
  readonly most: number;
  /** Whether the browser keeps somebody silent. */
  readonly isBlocked: boolean;
}

/** Shows the bar, with a name for each button. */
export function showBar(view: HangMeetView, shown: ShownBar): void {
  const { isMuted, isInvisible, isScreen, count } = shown;
  setIcon(view.mute, isMuted ? "silent" : "microphone");
  setLabel(view.mute, isMuted ? "Turn on the microphone" : "Mute");
  view.mute.setAttribute("aria-pressed", String(isMuted));
  setIcon(view.hide, isInvisible ? "invisible" : "camera");
  setLabel(view.hide, isInvisible ? "Turn on the camera" : "Camera off");
  view.hide.setAttribute("aria-pressed", String(isInvisible));
  setIcon(view.share, isScreen ? "camera" : "screen");
  setLabel(view.share, isScreen ? "Back to the camera" : "Share a screen");
  for (const button of [view.mute, view.hide, view.share, view.chat]) {
    button.hidden = !shown.isInside;
  }
  const people = `${count} ${count === 1 ? "person" : "people"}`;
  view.count.textContent = count > shown.most
    ? `${people}, ${shown.most} shown`
    : people;
  view.unmute.hidden = !shown.isBlocked;
}
