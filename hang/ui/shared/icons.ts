/**
 * The pictures on the buttons: paths in a box of 24 by 24.
 *
 * @module
 */

// Those of the player are values of their own: its bundle then has no others.
/** Path of an icon. */
export const PLAY_ICON = "M8 5.5v13l11-6.5z";
/** Path of an icon. */
export const PAUSE_ICON = "M7 5h3.5v14H7zM13.5 5H17v14h-3.5z";
/** Path of an icon. */
export const SOUND_ICON =
  "M4 9.5v5h3.2L12 18.5v-13L7.2 9.5zM14.5 8.2a5 5 0 0 1 0 7.6l1.1 1.3a6.7 6.7 0 0 0 0-10.2zM17.3 5l-1.1 1.3a8.3 8.3 0 0 1 0 11.4l1.1 1.3a10 10 0 0 0 0-14z";
/** Path of an icon. */
export const MUTED_ICON =
  "M4 9.5v5h3.2L12 18.5v-13L7.2 9.5zM20.6 9.5l-1.1-1.1L17 10.9l-2.5-2.5-1.1 1.1L15.9 12l-2.5 2.5 1.1 1.1L17 13.1l2.5 2.5 1.1-1.1L18.1 12z";
/** Path of an icon. */
export const FULLSCREEN_ICON =
  "M5 5h6v1.8H6.8V11H5zM13 5h6v6h-1.8V6.8H13zM5 13h1.8v4.2H11V19H5zM17.2 13H19v6h-6v-1.8h4.2z";
/** Path of an icon. */
export const SETTINGS_ICON =
  "M4 6.6h8.2a2.8 2.8 0 0 1 5.4 0H20v1.8h-2.4a2.8 2.8 0 0 1-5.4 0H4zM4 15.6h2.4a2.8 2.8 0 0 1 5.4 0H20v1.8h-8.2a2.8 2.8 0 0 1-5.4 0H4z";
/** Path of an icon. */
export const PIP_ICON =
  "M3 5h18v14H3zM4.8 6.8v10.4h14.4V6.8zM12 12h5.5v3.8H12z";
/** Path of an icon. */
export const CAPTIONS_ICON =
  "M3 5h18v14H3zM4.8 6.8v10.4h14.4V6.8zM6.5 10h4v1.6h-4zM12 10h5.5v1.6H12zM6.5 13.3h6v1.6h-6zM14 13.3h3.5v1.6H14z";

const PATHS = {
  play: PLAY_ICON,
  pause: PAUSE_ICON,
  sound: SOUND_ICON,
  muted: MUTED_ICON,
  fullscreen: FULLSCREEN_ICON,
  microphone:
    "M12 3.5a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0v-5a3 3 0 0 0-3-3zM5.5 11.5h1.7a4.8 4.8 0 0 0 9.6 0h1.7a6.5 6.5 0 0 1-5.6 6.4v2.6h-1.8v-2.6a6.5 6.5 0 0 1-5.6-6.4z",
  silent:
    "M9 6.5a3 3 0 0 1 6 0v5c0 .3 0 .5-.1.8L9 6.4zM5.5 11.5h1.7a4.8 4.8 0 0 0 7.3 4.1l1.3 1.3a6.5 6.5 0 0 1-2.9 1v2.6h-1.8v-2.6a6.5 6.5 0 0 1-5.6-6.4zM16.8 11.5h1.7c0 1.2-.3 2.3-.9 3.3l-1.3-1.3c.3-.6.5-1.3.5-2zM4.6 3.4l16 16-1.2 1.2-16-16z",
  camera:
    "M4.5 6.5h9a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2zM17 10.5l4.5-3v9l-4.5-3z",
  invisible:
    "M7.7 6.5h5.8a2 2 0 0 1 2 2v5.8zM17 10.5l4.5-3v9l-4.5-3zM2.6 7.8l9.7 9.7H4.5a2 2 0 0 1-2-2v-7zM3.6 3.4l17 17-1.2 1.2-17-17z",
  screen: "M3 5h18v11H3zM4.8 6.8v7.4h14.4V6.8zM8 17.5h8v1.8H8z",
  file:
    "M6 3h7.5L18.5 8v13H6zM7.8 4.8v14.4h8.9V9.5H12V4.8zM10.5 11.5v5.5l4.5-2.75z",
  message:
    "M4 4.5h16a1.5 1.5 0 0 1 1.5 1.5v10a1.5 1.5 0 0 1-1.5 1.5h-9L6 21.5v-4H4A1.5 1.5 0 0 1 2.5 16V6A1.5 1.5 0 0 1 4 4.5zM7 8.5v1.6h10V8.5zM7 11.9v1.6h7v-1.6z",
  stop: "M6.5 6.5h11v11h-11z",
  settings: SETTINGS_ICON,
  pip: PIP_ICON,
  captions: CAPTIONS_ICON,
} as const;

/** A name of a picture. */
export type IconName = keyof typeof PATHS;

/** Makes or changes the picture in `button`. */
export function setIcon(button: Element, name: IconName): void {
  setIconPath(button, PATHS[name]);
}

/** As {@linkcode setIcon}, for a path. */
export function setIconPath(button: Element, iconPath: string): void {
  const namespace = "http://www.w3.org/2000/svg";
  let path = button.querySelector("path");
  if (!path) {
    const svg = document.createElementNS(namespace, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    path = document.createElementNS(namespace, "path");
    svg.append(path);
    button.append(svg);
  }
  path.setAttribute("d", iconPath);
}
