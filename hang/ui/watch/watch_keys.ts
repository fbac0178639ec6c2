/**
 * What the keys of `<hang-watch>` do.
 *
 * @module
 */

/** Something that a key does. */
export type WatchKey =
  | "pause"
  | "mute"
  | "fullscreen"
  | "captions"
  | "pip"
  | "stats"
  | "louder"
  | "quieter"
  | "close";

const KEYS: Readonly<Record<string, WatchKey>> = {
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
};

/** Where the keyboard may be. */
interface WatchKeyPlaces {
  /** The whole player. */
  readonly root: HTMLElement;
  /** The settings, whose lists have keys of their own. */
  readonly panel: HTMLElement;
}

/** What a key does where it was pressed; `undefined` is nothing of ours. */
export function readWatchKey(
  event: KeyboardEvent,
  { root, panel }: WatchKeyPlaces,
): WatchKey | undefined {
  if (event.ctrlKey || event.altKey || event.metaKey) return undefined;
  const [target] = event.composedPath();
  const isInPanel = target instanceof Node && panel.contains(target);
  if (event.key === "Escape") return panel.hidden ? undefined : "close";
  // Space presses the button that has the keyboard.
  if (isInPanel || (event.key === " " && target !== root)) return undefined;
  if (target instanceof HTMLElement && isField(target, root)) return undefined;
  return KEYS[event.key] ?? KEYS[event.key.toLowerCase()];
}

/** Whether it is of the page's own and takes text or choices. */
function isField(target: HTMLElement, root: HTMLElement): boolean {
  return !root.contains(target) &&
    (target.isContentEditable || target.matches("input, select, textarea"));
}
