/**
 * What `<hang-publish>` shows: its parts and how they look.
 *
 * @module
 */
import { BASE_STYLE } from "../shared/base_style.ts";
import {
  iconButton,
  labelled,
  openShadow,
  part,
  slot,
} from "../shared/parts.ts";

const STYLE = `${BASE_STYLE}
:host { --hang-background: #1a1f2b; }
video { width: 100%; height: 100%; object-fit: contain; display: block; }
video.mirrored { transform: scaleX(-1); }
.status.clear { background: none; }
.choices { display: flex; flex-wrap: wrap; justify-content: center; gap: 10px; }
.choices button, .action {
  gap: 8px; padding: 6px 16px 6px 12px; border-radius: 999px;
  background: rgb(255 255 255 / 14%);
}
.choices button:hover, .action:hover { background: rgb(255 255 255 / 24%); }
.action { padding-inline: 18px; }
.notice {
  position: absolute; inset: 10px 10px auto; margin: 0; padding: 8px 12px;
  border-radius: 8px; background: var(--hang-bar); font-size: 13px;
  width: fit-content; max-width: calc(100% - 44px);
}
.bar button[aria-pressed=true] { color: #ff8a94; }
.level {
  width: 44px; height: 4px; border-radius: 2px; overflow: hidden;
  background: rgb(255 255 255 / 24%);
}
.level span {
  display: block; height: 100%; background: #5cd797; transform-origin: left;
  transform: scaleX(0);
}
.panel {
  position: absolute; right: 8px; bottom: 56px; display: grid; gap: 10px;
  padding: 14px; border-radius: 10px; background: #14171f;
  max-width: min(300px, calc(100% - 16px)); box-sizing: border-box;
}
.panel label { display: grid; gap: 4px; font-size: 13px; }
select {
  font: inherit; color: #fff; background: #2a2f3a; border: 1px solid #454c5c;
  border-radius: 6px; padding: 7px 8px; min-width: 0; max-width: 100%;
}
.panel:not([hidden]) ~ .notice { display: none; }
@media (max-width: 420px) {
  :host { aspect-ratio: 4 / 3; }
  .level { display: none; }
}
`;

/** The view within an element. */
export class HangPublishView {
  /** Takes the keyboard. */
  readonly root = part("div", "root", { tabindex: "0" });
  /** The picture as it is captured. */
  readonly video = part("video", "video");
  /** Covers the picture while there is something to say. */
  readonly status = part("div", "status", { role: "status" });
  /** One sentence about the state. */
  readonly statusText = part("p", "status-text");
  /** Turns while the publisher waits. */
  readonly spinner = part("span", "spinner");
  /** The buttons to choose a source with. */
  readonly choices = part("div", "choices");
  /** Camera and microphone. */
  readonly camera = iconButton("camera", "camera", "Camera");
  /** A screen, a window or a tab. */
  readonly screen = iconButton("screen", "screen", "Screen");
  readonly file = iconButton("file", "file", "File");
  /** Asks the browser for a file. */
  readonly filePicker = document.createElement("input");
  readonly retry = part("button", "action", { type: "button" });
  /** A problem that does not keep anyone from watching. */
  readonly notice = part("p", "notice", { role: "status" });
  /** The controls. */
  readonly bar = part("div", "bar");
  /** Sound or no sound. */
  readonly mute = iconButton("mute", "microphone");
  /** How loud it is. */
  readonly level = document.createElement("span");
  /** Picture or no picture. */
  readonly hide = iconButton("hide", "camera");
  /** "Live", or what else it is. */
  readonly live = part("span", "live");
  /** Camera or screen. */
  readonly share = iconButton("share", "screen");
  /** Opens the panel. */
  readonly settings = iconButton("settings", "settings");
  /** Stops publishing. */
  readonly stop = iconButton("stop", "stop");
  /** The choice of devices. */
  readonly panel = part("div", "panel");
  readonly cameras = document.createElement("select");
  readonly microphones = document.createElement("select");

  /** Builds the view within `host`. */
  constructor(host: HTMLElement) {
    const { root, video, status, bar, panel, notice } = this;
    Object.assign(video, { muted: true, playsInline: true, autoplay: true });
    this.#fillStatus();
    const meter = part("span", "level", { "aria-hidden": "true" });
    meter.append(this.level);
    bar.append(this.mute, meter, this.hide, this.live, slot("controls"));
    bar.append(this.share, this.settings, this.stop);
    panel.append(labelled("Camera", this.cameras));
    panel.append(labelled("Microphone", this.microphones));
    panel.hidden = true;
    root.append(video, slot(), status, bar, panel, notice);
    openShadow(host, STYLE).append(root);
  }

  #fillStatus(): void {
    const { choices, filePicker } = this;
    const accept = "video/*,audio/*";
    Object.assign(filePicker, { type: "file", accept, hidden: true });
    choices.append(this.camera, this.screen, this.file, filePicker);
    this.status.append(this.spinner, this.statusText, choices, this.retry);
  }
}
