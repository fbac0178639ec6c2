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
  microphone:
    "M12 3.500a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0v-5a3 3 0 0 0-3-3zM5.500 11.500h1.700a4.800 4.800 0 0 0 9.600 0h1.700a6.500 6.500 0 0 1-5.600 6.400v2.600h-1.800v-2.600a6.500 6.500 0 0 1-5.600-6.400z",
  silent:
    "M9 6.500a3 3 0 0 1 6 0v5c0 .3 0 .5-.1.800L9 6.400zM5.500 11.500h1.700a4.800 4.800 0 0 0 7.300 4.100l1.300 1.300a6.500 6.500 0 0 1-2.900 1v2.600h-1.800v-2.600a6.500 6.500 0 0 1-5.600-6.400zM16.800 11.500h1.700c0 1.200-.3 2.300-.9 3.300l-1.300-1.300c.3-.6.5-1.300.5-2zM4.600 3.400l16 16-1.200 1.200-16-16z",
  camera:
    "M4.500 6.500h9a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2zM17 10.500l4.500-3v9l-4.500-3z",
  invisible:
    "M7.700 6.500h5.800a2 2 0 0 1 2 2v5.800zM17 10.500l4.500-3v9l-4.500-3zM2.600 7.800l9.700 9.700H4.500a2 2 0 0 1-2-2v-7zM3.600 3.400l17 17-1.200 1.200-17-17z",
  screen: "M3 5h18v11H3zM4.800 6.800v7.400h14.400V6.800zM8 17.500h8v1.800H8z",
  file:
    "M6 3h7.500L18.500 8v13H6zM7.800 4.800v14.400h8.900V9.500H12V4.800zM10.500 11.500v5.500l4.500-2.750z",
  message:
    "M4 4.500h16a1.500 1.500 0 0 1 1.500 1.500v10a1.500 1.500 0 0 1-1.500 1.500h-9L6 21.500v-4H4A1.500 1.500 0 0 1 2.500 16V6A1.500 1.500 0 0 1 4 4.500zM7 8.500v1.600h10V8.500zM7 11.900v1.600h7v-1.600z",
  stop: "M6.500 6.500h11v11h-11z",
  settings:
    "M4 6.600h8.200a2.800 2.800 0 0 1 5.400 0H20v1.800h-2.400a2.800 2.800 0 0 1-5.400 0H4zM4 15.600h2.400a2.800 2.800 0 0 1 5.400 0H20v1.800h-8.200a2.800 2.800 0 0 1-5.400 0H4z",
  pip: "M3 5h18v14H3zM4.800 6.800v10.400h14.400V6.800zM12 12h5.500v3.800H12z",
  captions:
    "M3 5h18v14H3zM4.800 6.800v10.400h14.400V6.800zM6.500 10h4v1.600h-4zM12 10h5.500v1.600H12zM6.500 13.300h6v1.600h-6zM14 13.300h3.500v1.600H14z",
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
