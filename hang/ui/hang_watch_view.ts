/**
 * What `<hang-watch>` shows: its parts and how they look.
 *
 * @module
 */
import { setIcon } from "./icons.ts";

const STYLE = `
:host {
  --hang-background: #101218;
  --hang-foreground: #fff;
  --hang-accent: #6ea8fe;
  --hang-bar: rgb(10 12 18 / 72%);
  --hang-radius: 12px;
  display: block;
  position: relative;
  overflow: hidden;
  aspect-ratio: 16 / 9;
  border-radius: var(--hang-radius);
  background: var(--hang-background);
  color: var(--hang-foreground);
  font: 500 14px/1.4 system-ui, sans-serif;
}
@media (prefers-color-scheme: light) {
  :host { --hang-background: #23262e; --hang-accent: #3d7df0; }
}
:host([hidden]) { display: none; }
:host(:fullscreen) { border-radius: 0; aspect-ratio: auto; --hang-background: #000; }
.root { position: absolute; inset: 0; outline-offset: -3px; }
.root:focus-visible, button:focus-visible, input:focus-visible {
  outline: 2px solid var(--hang-accent);
}
canvas { width: 100%; height: 100%; object-fit: contain; display: block; }
.status {
  position: absolute; inset: 0; display: grid; place-content: center;
  justify-items: center; gap: 12px; padding: 24px; text-align: center;
  background: rgb(10 12 18 / 58%); color: #fff; transition: opacity .2s;
}
.status[hidden] { display: none; }
.status p { margin: 0; max-width: 40ch; text-wrap: balance; }
.spinner {
  width: 28px; height: 28px; border-radius: 50%;
  border: 3px solid rgb(255 255 255 / 28%); border-top-color: #fff;
  animation: turn 1s linear infinite;
}
.spinner[hidden] { display: none; }
@keyframes turn { to { transform: rotate(1turn); } }
@media (prefers-reduced-motion: reduce) { .spinner { animation-duration: 4s; } }
.unmute {
  position: absolute; top: 12px; left: 12px; display: flex; align-items: center;
  gap: 6px; padding: 6px 12px 6px 8px; border-radius: 999px; background: var(--hang-bar);
}
.unmute[hidden] { display: none; }
.bar {
  position: absolute; inset: auto 0 0 0; display: flex; align-items: center;
  gap: 4px; padding: 20px 8px 6px; transition: opacity .2s;
  background: linear-gradient(transparent, rgb(10 12 18 / 78%));
}
.bar[hidden] { display: none; }
.root.idle .bar:not(:focus-within) { opacity: 0; }
.root.idle { cursor: none; }
button {
  all: unset; box-sizing: border-box; display: inline-flex; align-items: center;
  min-width: 40px; min-height: 40px; justify-content: center; cursor: pointer;
  border-radius: 8px; color: #fff; font: inherit;
}
.bar button:hover { background: rgb(255 255 255 / 14%); }
svg { width: 24px; height: 24px; fill: currentColor; flex: none; }
.live {
  margin-inline: 6px auto; display: inline-flex; align-items: center; gap: 6px;
  color: #fff; font-size: 13px;
}
.live::before {
  content: ""; width: 8px; height: 8px; border-radius: 50%; background: #8a93a5;
}
.live.on::before { background: #ff4d5e; }
input[type=range] { width: 84px; accent-color: var(--hang-accent); cursor: pointer; }
@media (pointer: coarse) { input[type=range] { display: none; } }
`;

/** The elements that change. */
export interface HangWatchView {
  /** Takes the keyboard. */
  readonly root: HTMLElement;
  /** The picture. */
  readonly canvas: HTMLCanvasElement;
  /** Covers the picture while there is something to say. */
  readonly status: HTMLElement;
  /** What is said. */
  readonly statusText: HTMLElement;
  /** Turns while something is awaited. */
  readonly spinner: HTMLElement;
  /** Asks for the gesture that browsers want before there is sound. */
  readonly unmute: HTMLButtonElement;
  /** The controls. */
  readonly bar: HTMLElement;
  /** Play or pause. */
  readonly play: HTMLButtonElement;
  /** "Live", or what else it is. */
  readonly live: HTMLElement;
  /** Sound or no sound. */
  readonly mute: HTMLButtonElement;
  /** Loudness from 0 to 1. */
  readonly volume: HTMLInputElement;
  /** Fullscreen. */
  readonly fullscreen: HTMLButtonElement;
}

/** Builds the view within `shadow`. */
export function buildView(shadow: ShadowRoot): HangWatchView {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  shadow.adoptedStyleSheets = [sheet];

  const canvas = part("canvas", "video");
  canvas.setAttribute("role", "img");
  const spinner = part("span", "spinner");
  const statusText = part("p", "status-text");
  const status = part("div", "status");
  status.setAttribute("role", "status");
  status.append(spinner, statusText);

  const unmute = iconButton("unmute", "muted");
  unmute.append("Turn on sound");
  unmute.setAttribute("aria-label", "Turn on sound");
  const play = iconButton("play", "pause");
  const live = part("span", "live");
  const mute = iconButton("mute", "sound");
  const volume = part("input", "volume");
  Object.assign(volume, { type: "range", min: "0", max: "1", step: "0.01" });
  volume.setAttribute("aria-label", "Volume");
  const fullscreen = iconButton("fullscreen", "fullscreen");
  const bar = part("div", "bar");
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Player");
  const extra = document.createElement("slot");
  extra.name = "controls";
  bar.append(play, live, extra, mute, volume, fullscreen);

  const overlay = document.createElement("slot");
  const root = part("div", "root");
  root.tabIndex = 0;
  root.append(canvas, overlay, status, unmute, bar);
  shadow.append(root);
  return {
    root,
    canvas,
    status,
    statusText,
    spinner,
    unmute,
    bar,
    play,
    live,
    mute,
    volume,
    fullscreen,
  };
}

function part<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  name: string,
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  element.className = name;
  element.setAttribute("part", name);
  return element;
}

function iconButton(
  name: string,
  icon: Parameters<typeof setIcon>[1],
): HTMLButtonElement {
  const button = part("button", name);
  button.type = "button";
  setIcon(button, icon);
  return button;
}
