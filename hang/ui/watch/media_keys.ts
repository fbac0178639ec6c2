/**
 * Media keys, headsets and lock screens: the Media Session API of the browser,
 * for the player that played last.
 *
 * @module
 */

interface MediaKeySink {
  mediaKey(key: "play" | "pause"): void;
}

interface MediaKeyState {
  /** Name of what plays. */
  readonly title: string;
  /** Whether it is paused. */
  readonly isPaused: boolean;
}

// Players that play or have played; the one that began last is at the end and has the keys.
const players = new Map<MediaKeySink, MediaKeyState>();

/** Says how a player is doing; one that begins to play takes the keys over. */
export function tellMediaKeys(sink: MediaKeySink, state: MediaKeyState): void {
  const before = players.get(sink);
  if (!before && state.isPaused) return;
  if (before?.isPaused && !state.isPaused) players.delete(sink);
  players.set(sink, state);
  handOut();
}

/** Gives the keys back, to the player that had them before if there is one. */
export function releaseMediaKeys(sink: MediaKeySink): void {
  if (players.delete(sink)) handOut();
}

function handOut(): void {
  const session = navigator.mediaSession as MediaSession | undefined;
  if (!session) return;
  const [sink, state] = [...players].at(-1) ?? [];
  session.metadata = state ? new MediaMetadata({ title: state.title }) : null;
  session.playbackState = state
    ? state.isPaused ? "paused" : "playing"
    : "none";
  const handlers = {
    play: () => sink?.mediaKey("play"),
    pause: () => sink?.mediaKey("pause"),
    stop: () => sink?.mediaKey("pause"),
  };
  for (const action of ["play", "pause", "stop"] as const) {
    session.setActionHandler(action, sink ? handlers[action] : null);
  }
}
