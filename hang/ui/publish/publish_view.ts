/**
 * What `<hang-publish>` shows: its parts and how they look.
 *
 * @module
 */
import { BASE_STYLE } from "../shared/base_style.ts";
import type { IconName } from "../shared/icons.ts";
import { iconButton, openShadow, part, slot } from "../shared/parts.ts";

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

/** The elements that change. */
export interface HangPublishView {
  /** Takes the keyboard. */
  readonly root: HTMLElement;
  /** The picture as it is captured. */
  readonly video: HTMLVideoElement;
  /** Covers the picture while there is something to say. */
  readonly status: HTMLElement;
  /** What is said. */
  readonly statusText: HTMLElement;
  /** Turns while something is awaited. */
  readonly spinner: HTMLElement;
  /** The buttons to choose a source with. */
  readonly choices: HTMLElement;
  /** Camera and microphone. */
  readonly camera: HTMLButtonElement;
  /** A screen, a window or a tab. */
  readonly screen: HTMLButtonElement;
  /** A file. */
  readonly file: HTMLButtonElement;
  /** Asks the browser for a file. */
  readonly filePicker: HTMLInputElement;
  /** Tries again. */
  readonly retry: HTMLButtonElement;
  /** What is wrong and keeps nobody from watching. */
  readonly notice: HTMLElement;
  /** The controls. */
  readonly bar: HTMLElement;
  /** Sound or no sound. */
  readonly mute: HTMLButtonElement;
  /** How loud it is. */
  readonly level: HTMLElement;
  /** Picture or no picture. */
  readonly hide: HTMLButtonElement;
  /** "Live", or what else it is. */
  readonly live: HTMLElement;
  /** Camera or screen. */
  readonly share: HTMLButtonElement;
  /** Opens the panel. */
  readonly settings: HTMLButtonElement;
  /** Ends it. */
  readonly stop: HTMLButtonElement;
  /** The choice of devices. */
  readonly panel: HTMLElement;
  /** Which camera. */
  readonly cameras: HTMLSelectElement;
  /** Which microphone. */
  readonly microphones: HTMLSelectElement;
}

/** Builds the view within `host`. */
export function buildView(host: HTMLElement): HangPublishView {
  const shadow = openShadow(host, STYLE);
  const root = part("div", "root");
  root.tabIndex = 0;
  const video = part("video", "video");
  video.muted = true;
  video.playsInline = true;
  video.autoplay = true;
  const status = buildStatus();
  const bar = buildBar();
  const panel = buildPanel();
  const notice = part("p", "notice");
  notice.setAttribute("role", "status");
  root.append(video, slot(), status.status, bar.bar, panel.panel, notice);
  shadow.append(root);
  return { root, video, notice, ...status, ...bar, ...panel };
}

function buildStatus() {
  const spinner = part("span", "spinner");
  const statusText = part("p", "status-text");
  const camera = textButton("camera", "camera", "Camera");
  const screen = textButton("screen", "screen", "Screen");
  const file = textButton("file", "file", "File");
  const filePicker = document.createElement("input");
  filePicker.type = "file";
  filePicker.accept = "video/*,audio/*";
  filePicker.hidden = true;
  const choices = part("div", "choices");
  choices.append(camera, screen, file, filePicker);
  const retry = part("button", "action");
  retry.type = "button";
  const status = part("div", "status");
  status.setAttribute("role", "status");
  status.append(spinner, statusText, choices, retry);
  return {
    status,
    statusText,
    spinner,
    choices,
    camera,
    screen,
    file,
    filePicker,
    retry,
  };
}

function buildBar() {
  const mute = iconButton("mute", "microphone");
  const level = document.createElement("span");
  const meter = part("span", "level");
  meter.setAttribute("aria-hidden", "true");
  meter.append(level);
  const hide = iconButton("hide", "camera");
  const live = part("span", "live");
  const share = iconButton("share", "screen");
  const settings = iconButton("settings", "settings");
  const stop = iconButton("stop", "stop");
  const bar = part("div", "bar");
  bar.append(mute, meter, hide, live, slot("controls"));
  bar.append(share, settings, stop);
  return { bar, mute, level, hide, live, share, settings, stop };
}

function buildPanel() {
  const cameras = document.createElement("select");
  const microphones = document.createElement("select");
  const panel = part("div", "panel");
  panel.append(
    labelled("Camera", cameras),
    labelled("Microphone", microphones),
  );
  panel.hidden = true;
  return { panel, cameras, microphones };
}

function labelled(text: string, control: HTMLElement): HTMLLabelElement {
  const label = document.createElement("label");
  label.append(text, control);
  return label;
}

function textButton(
  name: string,
  icon: IconName,
  text: string,
): HTMLButtonElement {
  const button = iconButton(name, icon);
  button.append(text);
  return button;
}
