/**
 * What the keys of `<hang-watch>` do.
 *
 * @module
 */

const KEYS = {
  " ": "pause",
  k: "pause",
  MediaPlayPause: "pause",
  m: "mute",
  f: "fullscreen",
  c: "captions",
  p: "pip",
  s: "stats",
  ArrowUp: "louder",
  ArrowDown: "quieter",
  Escape: "close",
} as const;

/** An action of a key. */
export type WatchKey = (typeof KEYS)[keyof typeof KEYS];

/** The action of a key pressed in the player or in its settings, whose lists have keys of their own; else `undefined`. */
export function readWatchKey(
  event: KeyboardEvent,
  { root, panel }: Readonly<Record<"root" | "panel", HTMLElement>>,
): WatchKey | undefined {
  if (event.ctrlKey || event.altKey || event.metaKey) return undefined;
  const [target] = event.composedPath();
  const isInPanel = target instanceof Node && panel.contains(target);
  if (event.key === "Escape") return panel.hidden ? undefined : "close";
  // Space presses the button that has the keyboard.
  if (isInPanel || (event.key === " " && target !== root)) return undefined;
  if (target instanceof HTMLElement && isField(target, root)) return undefined;
  const keys: Readonly<Record<string, WatchKey>> = KEYS;
  return keys[event.key] ?? keys[event.key.toLowerCase()];
}

/** Whether it is of the page's own and takes text or choices. */
function isField(target: HTMLElement, root: HTMLElement): boolean {
  return !root.contains(target) &&
    (target.isContentEditable || target.matches("input, select, textarea"));
}
