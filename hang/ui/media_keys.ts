/**
 * Media keys, headsets and lock screens: the Media Session API of the browser,
 * for the player that played last.
 *
 * @module
 */

/** What keys do. */
export interface MediaKeySink {
  /** Play, or pause. */
  mediaKey(key: "play" | "pause"): void;
}

/** What is shown beside the keys. */
export interface MediaKeyState {
  /** Name of what plays. */
  readonly title: string;
  /** Whether it is paused. */
  readonly isPaused: boolean;
}

let owner: MediaKeySink | undefined;

/** Says how a player is doing; one that plays takes the keys over. */
export function tellMediaKeys(
  sink: MediaKeySink,
  { title, isPaused }: MediaKeyState,
): void {
  const session = navigator.mediaSession as MediaSession | undefined;
  if (!session || (isPaused && owner !== sink)) return;
  owner = sink;
  session.metadata = new MediaMetadata({ title });
  session.playbackState = isPaused ? "paused" : "playing";
  session.setActionHandler("play", () => sink.mediaKey("play"));
  session.setActionHandler("pause", () => sink.mediaKey("pause"));
  session.setActionHandler("stop", () => sink.mediaKey("pause"));
}

/** Gives the keys back if this player has them. */
export function releaseMediaKeys(sink: MediaKeySink): void {
  if (owner !== sink) return;
  owner = undefined;
  const session = navigator.mediaSession;
  session.metadata = null;
  session.playbackState = "none";
  for (const action of ["play", "pause", "stop"] as const) {
    session.setActionHandler(action, null);
  }
}
