/**
 * Puts what a player is doing into the view of `<hang-watch>`.
 *
 * @module
 */
import type { PlayerState } from "../../watch/player_state.ts";
import type { HangWatchView } from "./watch_view.ts";

const WAITING: readonly string[] = [
  "connecting",
  "relay-gone",
  "offline",
  "ended",
  "loading",
  "buffering",
];

// Nothing is on its way while the publisher is not there.
const TURNING = WAITING.filter((kind) =>
  kind !== "offline" && kind !== "ended"
);
// What another attempt may change: a token may be valid by now, a decoder free.
const RETRIED: readonly string[] = ["refused", "failed"];

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

/** Shows the state, and what is said. */
export function showState(
  view: HangWatchView,
  { state, name, isBlocked, caption }: ShownState,
): void {
  const isPlaying = state.kind === "playing";
  view.status.hidden = isPlaying || state.kind === "paused";
  view.statusText.textContent = state.text;
  view.spinner.hidden = !TURNING.includes(state.kind);
  view.retry.hidden = !RETRIED.includes(state.kind);
  view.live.textContent = isPlaying ? "Live" : labelOf(state);
  view.live.classList.toggle("on", isPlaying);
  view.canvas.setAttribute("aria-label", `Live video: ${name}`);
  view.unmute.hidden = !isBlocked;
  view.caption.textContent = caption;
}

function labelOf({ kind }: PlayerState): string {
  if (kind === "paused") return "Paused";
  if (kind === "offline") return "Offline";
  if (kind === "ended") return "Ended";
  return WAITING.includes(kind) ? "Waiting" : "Stopped";
}
