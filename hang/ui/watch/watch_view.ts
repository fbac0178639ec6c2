/**
 * What `<hang-watch>` shows: its parts and how they look.
 *
 * @module
 */
import { WATCH_STYLE } from "./watch_style.ts";
import { iconButton, openShadow, part, slot } from "../shared/parts.ts";

/** The view within an element. */
export class HangWatchView {
  /** Takes the keyboard. */
  readonly root = part("div", "root", {
    role: "group",
    "aria-label": "Player",
    tabindex: "0",
  });
  /** The picture. */
  readonly canvas = part("canvas", "video", { role: "img" });
  /** The text of the captions. */
  readonly caption = part("p", "caption", { "aria-live": "off" });
  /** Covers the picture while there is something to say. */
  readonly status = part("div", "status", { role: "status" });
  /** One sentence about the state. */
  readonly statusText = part("p", "status-text");
  /** Turns while the player waits. */
  readonly spinner = part("span", "spinner");
  /** Asks for the gesture that browsers want before there is sound. */
  readonly unmute = iconButton("unmute", "muted", "Turn on sound");
  /** The controls. */
  readonly bar = part("div", "bar", {
    role: "group",
    "aria-label": "Controls",
  });
  /** Play or pause. */
  readonly play = iconButton("play", "pause");
  /** "Live", or what else it is. */
  readonly live = part("span", "live");
  /** Sound or no sound. */
  readonly mute = iconButton("mute", "sound");
  /** Volume from 0 to 1. */
  readonly volume = part("input", "volume", {
    type: "range",
    min: "0",
    max: "1",
    step: "0.01",
    "aria-label": "Volume",
  });
  /** Captions or none. */
  readonly captions = iconButton("captions", "captions");
  /** Opens the panel with the settings. */
  readonly settings = iconButton("settings", "settings");
  readonly pip = iconButton("pip", "pip");
  readonly fullscreen = iconButton("fullscreen", "fullscreen");

  /** Builds the view within `host`. */
  constructor(host: HTMLElement) {
    this.status.append(this.spinner, this.statusText);
    this.unmute.setAttribute("aria-label", "Turn on sound");
    const { bar, play, live, mute, volume, captions, settings } = this;
    bar.append(play, live, slot("controls"), mute, volume);
    bar.append(captions, settings, this.pip, this.fullscreen);
    // A page that fills the slot "bar" has controls of its own.
    const barSlot = slot("bar");
    barSlot.append(bar);
    const { root, canvas, caption, status, unmute } = this;
    root.append(canvas, slot(), caption, status, unmute, barSlot);
    openShadow(host, WATCH_STYLE).append(root);
  }
}
