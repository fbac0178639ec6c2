/**
 * The pictures on the buttons: paths in a box of 24 by 24.
 *
 * @module
 */

const PATHS = {
  play: "M8 5.5v13l11-6.5z",
  pause: "M7 5h3.5v14H7zM13.5 5H17v14h-3.5z",
  sound:
    "M4 9.5v5h3.2L12 18.5v-13L7.200 9.5zM14.5 8.2a5 5 0 0 1 0 7.600l1.100 1.300a6.700 6.700 0 0 0 0-10.200zM17.300 5l-1.100 1.300a8.300 8.300 0 0 1 0 11.400l1.100 1.300a10 10 0 0 0 0-14z",
  muted:
    "M4 9.5v5h3.2L12 18.5v-13L7.2 9.5zM20.600 9.500l-1.100-1.100L17 10.900l-2.500-2.500-1.100 1.100L15.900 12l-2.500 2.500 1.100 1.100L17 13.100l2.500 2.500 1.100-1.100L18.100 12z",
  fullscreen:
    "M5 5h6v1.800H6.800V11H5zM13 5h6v6h-1.800V6.800H13zM5 13h1.800v4.200H11V19H5zM17.200 13H19v6h-6v-1.800h4.200z",
} as const;

/** A name of a picture. */
export type IconName = keyof typeof PATHS;

/** Makes or changes the picture in `button`. */
export function setIcon(button: Element, name: IconName): void {
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
  path.setAttribute("d", PATHS[name]);
}
