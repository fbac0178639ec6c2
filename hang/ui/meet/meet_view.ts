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

/** The elements that change. */
export interface HangMeetView {
  /** Holds the pictures and the chat. */
  readonly main: HTMLElement;
  /** What the pictures have to fit into. */
  readonly stage: HTMLElement;
  /** The pictures. */
  readonly grid: HTMLElement;
  /** What is wrong. */
  readonly status: HTMLElement;
  /** Asks for the gesture that browsers want before there is sound. */
  readonly unmute: HTMLButtonElement;
  /** Microphone on or off. */
  readonly mute: HTMLButtonElement;
  /** Camera on or off. */
  readonly hide: HTMLButtonElement;
  /** Camera or screen. */
  readonly share: HTMLButtonElement;
  /** Opens the chat. */
  readonly chat: HTMLButtonElement;
  /** How many messages were not read. */
  readonly badge: HTMLElement;
  /** How many people there are. */
  readonly count: HTMLElement;
}

/** Builds the view within `host`. */
export function buildView(host: HTMLElement): HangMeetView {
  const shadow = openShadow(host, STYLE);
  const status = part("p", "status");
  status.setAttribute("role", "status");
  const grid = part("div", "grid");
  grid.setAttribute("role", "list");
  grid.setAttribute("aria-label", "People");
  const unmute = iconButton("unmute", "muted");
  unmute.append("Turn on sound");
  const stage = part("div", "stage");
  stage.append(grid, unmute);
  const main = part("div", "main");
  main.append(stage);
  const mute = iconButton("mute", "microphone");
  const hide = iconButton("hide", "camera");
  const share = iconButton("share", "screen");
  const chat = iconButton("chat", "message");
  const badge = part("span", "badge");
  badge.hidden = true;
  chat.append(badge);
  const count = part("span", "count");
  const bar = part("div", "bar");
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Meeting");
  bar.append(mute, hide, share, chat, slot("controls"), count);
  shadow.append(status, main, bar);
  return {
    main,
    stage,
    grid,
    status,
    unmute,
    mute,
    hide,
    share,
    chat,
    badge,
    count,
  };
}
