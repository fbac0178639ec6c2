/**
 * What `<hang-meet>` shows: its parts and how they look.
 *
 * @module
 */
import { iconButton, openShadow, part, slot } from "../shared/parts.ts";

const STYLE = `
:host {
  --hang-background: #e9edf4;
  --hang-foreground: #171b24;
  --hang-tile: #262c38;
  --hang-accent: #1b5fd1;
  --hang-speaking: #18a35c;
  --hang-button: #fff;
  --hang-radius: 12px;
  display: flex; flex-direction: column; box-sizing: border-box; gap: 8px;
  height: 560px; min-height: 260px; overflow: hidden; padding: 8px;
  border-radius: var(--hang-radius); background: var(--hang-background);
  color: var(--hang-foreground); font: 500 14px/1.4 system-ui, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :host {
    --hang-background: #11141b; --hang-foreground: #eef1f7; --hang-tile: #232936;
    --hang-accent: #7fb0ff; --hang-speaking: #46d68a; --hang-button: #262c38;
  }
}
:host([hidden]), [hidden] { display: none !important; }
.main { flex: 1; min-height: 0; display: flex; gap: 8px; }
.stage { flex: 1; min-width: 0; min-height: 0; position: relative; }
.grid {
  position: absolute; inset: 0; display: flex; flex-wrap: wrap; gap: 8px;
  justify-content: center; align-content: center;
}
.grid.places { display: block; }
.grid.places .tile { position: absolute; box-shadow: 0 4px 18px rgb(0 0 0 / 35%); }
.grid.places .tile.own { cursor: grab; touch-action: none; }
.tile {
  position: relative; overflow: hidden; border-radius: 10px; flex: none;
  background: var(--hang-tile); color: #fff; container-type: inline-size;
}
.tile::after {
  content: ""; position: absolute; inset: 0; border-radius: inherit;
  pointer-events: none; border: 3px solid transparent;
}
.tile.speaking::after { border-color: var(--hang-speaking); }
canvas, video { width: 100%; height: 100%; object-fit: cover; display: block; }
.tile.screen canvas, .tile.screen video { object-fit: contain; }
video.mirrored { transform: scaleX(-1); }
.face { position: absolute; inset: 0; display: grid; place-items: center; background: var(--hang-tile); }
.face span {
  width: min(38cqw, 88px); aspect-ratio: 1; border-radius: 50%; display: grid;
  place-items: center; font-size: min(17cqw, 38px); font-weight: 600;
  background: var(--author, hsl(var(--hue) 45% 42%)); color: #fff;
}
.label {
  position: absolute; left: 6px; bottom: 6px; max-width: calc(100% - 12px);
  box-sizing: border-box; display: flex; align-items: center; gap: 4px;
  padding: 2px 8px; border-radius: 6px; background: rgb(10 12 18 / 72%); font-size: 13px;
}
.label .who { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.label svg { width: 16px; height: 16px; fill: #ff8a94; flex: none; }
.state {
  position: absolute; inset: 6px 6px auto; margin: 0; font-size: 12px; padding: 2px 8px;
  border-radius: 6px; background: rgb(10 12 18 / 72%); width: fit-content; max-width: calc(100% - 12px); box-sizing: border-box;
}
@container (max-width: 84px) { .label { display: none; } }
@container (max-width: 130px) { .label { font-size: 11px; padding: 1px 6px; } .state { display: none; } }
.bar { display: flex; align-items: center; justify-content: center; gap: 8px; flex-wrap: wrap; }
.bar button, .unmute {
  all: unset; box-sizing: border-box; display: inline-flex; align-items: center; justify-content: center;
  gap: 6px; min-width: 44px; min-height: 44px; padding: 0 10px; cursor: pointer; border-radius: 22px;
  background: var(--hang-button); color: inherit; font: inherit;
}
.bar button:focus-visible, .unmute:focus-visible { outline: 2px solid var(--hang-accent); outline-offset: 1px; }
.bar button[aria-pressed=true] { background: #b3261e; color: #fff; }
.bar .chat[aria-pressed=true] { background: var(--hang-accent); color: var(--hang-background); }
.bar svg, .unmute svg { width: 24px; height: 24px; fill: currentColor; flex: none; }
.count { margin-inline: 4px; font-size: 13px; }
.badge { min-width: 18px; padding: 0 5px; border-radius: 9px; background: #b3261e; color: #fff; font-size: 12px; text-align: center; }
.unmute { position: absolute; z-index: 100; top: 8px; left: 50%; transform: translateX(-50%); padding-inline: 12px 16px; box-shadow: 0 2px 12px rgb(0 0 0 / 30%); white-space: nowrap; }
.status { margin: 0; padding: 8px 12px; border-radius: 8px; background: var(--hang-button); font-size: 13px; }
hang-chat { width: 320px; flex: none; height: auto; min-height: 0; }
@media (max-width: 700px) {
  .main.chatting .stage { flex: 0 0 34%; }
  .main { flex-direction: column; }
  hang-chat { width: auto; flex: 1; min-height: 0; }
}
`;

/** The view within an element. */
export class HangMeetView {
  /** Holds the pictures and the chat. */
  readonly main = part("div", "main");
  /** What the pictures have to fit into. */
  readonly stage = part("div", "stage");
  /** The pictures. */
  readonly grid = part("div", "grid", { role: "list", "aria-label": "People" });
  /** Problems. */
  readonly status = part("p", "status", { role: "status" });
  /** Asks for the gesture that browsers want before there is sound. */
  readonly unmute = iconButton("unmute", "muted", "Turn on sound");
  /** Microphone on or off. */
  readonly mute = iconButton("mute", "microphone");
  /** Camera on or off. */
  readonly hide = iconButton("hide", "camera");
  /** Camera or screen. */
  readonly share = iconButton("share", "screen");
  /** Opens the chat. */
  readonly chat = iconButton("chat", "message");
  /** The number of unread messages. */
  readonly badge = part("span", "badge");
  /** The number of people. */
  readonly count = part("span", "count");

  /** Builds the view within `host`. */
  constructor(host: HTMLElement) {
    this.stage.append(this.grid, this.unmute);
    this.main.append(this.stage);
    this.badge.hidden = true;
    this.chat.append(this.badge);
    const bar = part("div", "bar", { role: "group", "aria-label": "Meeting" });
    bar.append(this.mute, this.hide, this.share, this.chat);
    bar.append(slot("controls"), this.count);
    openShadow(host, STYLE).append(this.status, this.main, bar);
  }
}
