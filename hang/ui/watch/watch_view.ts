/**
 * What `<hang-watch>` shows: its parts and how they look.
 *
 * @module
 */
import { WATCH_STYLE } from "./watch_style.ts";
import {
  CAPTIONS_ICON,
  FULLSCREEN_ICON,
  MUTED_ICON,
  PAUSE_ICON,
  PIP_ICON,
  SETTINGS_ICON,
  SOUND_ICON,
} from "../shared/icons.ts";
import { openShadow, part, pathButton, slot } from "../shared/parts.ts";

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
  /** Makes a new player after a failure. */
  readonly retry = part("button", "retry", { type: "button" });
  /** Turns while the player waits. */
  readonly spinner = part("span", "spinner");
  /** Asks for the gesture that browsers want before there is sound. */
  readonly unmute = pathButton("unmute", MUTED_ICON, "Turn on sound");
  /** The controls. */
  readonly bar = part("div", "bar", {
    role: "group",
    "aria-label": "Controls",
  });
  /** Play or pause. */
  readonly play = pathButton("play", PAUSE_ICON);
  /** "Live", or what else it is. */
  readonly live = part("span", "live");
  /** Sound or no sound. */
  readonly mute = pathButton("mute", SOUND_ICON);
  /** Volume from 0 to 1. */
  readonly volume = part("input", "volume", {
    type: "range",
    min: "0",
    max: "1",
    step: "0.01",
    "aria-label": "Volume",
  });
  /** Captions or none. */
  readonly captions = pathButton("captions", CAPTIONS_ICON);
  /** Opens the panel with the settings. */
  readonly settings = pathButton("settings", SETTINGS_ICON);
  /** Picture in picture. */
  readonly pip = pathButton("pip", PIP_ICON);
  /** Fullscreen. */
  readonly fullscreen = pathButton("fullscreen", FULLSCREEN_ICON);

  /** Builds the view within `host`. */
  constructor(host: HTMLElement) {
    this.retry.textContent = "Try again";
    this.retry.setAttribute("aria-label", "Try again");
    this.status.append(this.spinner, this.statusText, this.retry);
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
