/**
 * Events of the page: each function returns what ends the listening.
 *
 * @module
 */

// Sound may begin after one of these.
const GESTURES = ["pointerdown", "pointerup", "keydown"];

/** Listens to events of `target`, by their names. */
export function listening(
  target: Pick<EventTarget, "addEventListener" | "removeEventListener">,
  listeners: Readonly<Record<string, () => void>>,
): () => void {
  const entries = Object.entries(listeners);
  for (const entry of entries) target.addEventListener(...entry);
  return () => {
    for (const entry of entries) target.removeEventListener(...entry);
  };
}

/** Calls `then` now and at every gesture of the user, before the page hears of it. */
export function atGestures(then: () => void): () => void {
  for (const name of GESTURES) document.addEventListener(name, then, true);
  then();
  return () => {
    for (const name of GESTURES) document.removeEventListener(name, then, true);
  };
}
