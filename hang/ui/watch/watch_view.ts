/**
 * What `<hang-watch>` shows: its parts and how they look.
 *
 * @module
 */
import { WATCH_STYLE } from "./watch_style.ts";
import { iconButton, openShadow, part, slot } from "../shared/parts.ts";

/** The elements that change. */
export interface HangWatchView {
  /** Takes the keyboard. */
  readonly root: HTMLElement;
  /** The picture. */
  readonly canvas: HTMLCanvasElement;
  /** What is said. */
  readonly caption: HTMLElement;
  /** Covers the picture while there is something to say. */
  readonly status: HTMLElement;
  /** What is said of the state. */
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
  /** Captions or none. */
  readonly captions: HTMLButtonElement;
  /** Opens the panel with the settings. */
  readonly settings: HTMLButtonElement;
  /** Picture in picture. */
  readonly pip: HTMLButtonElement;
  /** Fullscreen. */
  readonly fullscreen: HTMLButtonElement;
}

/** Builds the view within `host`. */
export function buildView(host: HTMLElement): HangWatchView {
  const shadow = openShadow(host, WATCH_STYLE);
  const canvas = part("canvas", "video");
  canvas.setAttribute("role", "img");
  const caption = part("p", "caption");
  caption.setAttribute("aria-live", "off");
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
  const captions = iconButton("captions", "captions");
  const settings = iconButton("settings", "settings");
  const pip = iconButton("pip", "pip");
  const fullscreen = iconButton("fullscreen", "fullscreen");
  const bar = part("div", "bar");
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Controls");
  bar.append(play, live, slot("controls"));
  bar.append(mute, volume, captions, settings, pip, fullscreen);

  const root = part("div", "root");
  root.tabIndex = 0;
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "Player");
  // Whoever fills the slot "bar" has controls of his own.
  const barSlot = slot("bar");
  barSlot.append(bar);
  root.append(canvas, slot(), caption, status, unmute, barSlot);
  shadow.append(root);
  return {
    root,
    canvas,
    caption,
    status,
    statusText,
    spinner,
    unmute,
    bar,
    play,
    live,
    mute,
    volume,
    captions,
    settings,
    pip,
    fullscreen,
  };
}
