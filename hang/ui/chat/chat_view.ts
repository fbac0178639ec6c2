/**
 * What `<hang-chat>` shows: its parts and how they look.
 *
 * @module
 */
import { openShadow, part, slot } from "../shared/parts.ts";

const STYLE = `
:host {
  --hang-background: #fff;
  --hang-foreground: #171b24;
  --hang-quiet: #5a6478;
  --hang-line: #dce1ea;
  --hang-accent: #1b5fd1;
  --hang-accent-text: #fff;
  --hang-own: #e6eefc;
  --hang-other: #f1f3f7;
  --hang-bad: #b3261e;
  --hang-lightness: 36%;
  --hang-radius: 12px;
  display: flex; flex-direction: column; box-sizing: border-box;
  min-height: 240px; height: 420px; overflow: hidden; position: relative;
  border: 1px solid var(--hang-line); border-radius: var(--hang-radius);
  background: var(--hang-background); color: var(--hang-foreground);
  font: 15px/1.45 system-ui, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :host {
    --hang-background: #161a22; --hang-foreground: #eef1f7;
    --hang-quiet: #98a3b8; --hang-line: #272d3a; --hang-accent: #7fb0ff;
    --hang-accent-text: #0d1420; --hang-own: #1c2a44; --hang-other: #202530;
    --hang-bad: #ff8a80; --hang-lightness: 74%;
  }
}
:host([hidden]), [hidden] { display: none !important; }
.frame { position: relative; flex: 1; min-height: 0; display: flex; }
.list {
  flex: 1; min-height: 0; overflow-y: auto; overflow-x: hidden; margin: 0;
  padding: 12px; display: flex; flex-direction: column; gap: 2px;
  list-style: none; overscroll-behavior: contain; outline-offset: -2px;
}
.list:focus-visible, button:focus-visible, textarea:focus-visible {
  outline: 2px solid var(--hang-accent);
}
.list::before { content: ""; margin-top: auto; }
.message { max-width: 85%; align-self: flex-start; display: grid; }
.message.own { align-self: flex-end; justify-items: end; }
.head { display: flex; gap: 8px; align-items: baseline; margin-top: 10px; max-width: 100%; }
.message.joined .head { display: none; }
.author {
  font-weight: 600; font-size: 13px; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; color: var(--author, hsl(var(--hue) 62% var(--hang-lightness)));
}
.time { font-size: 12px; color: var(--hang-quiet); white-space: nowrap; }
.text {
  margin: 0; padding: 7px 12px; border-radius: 12px; background: var(--hang-other);
  white-space: pre-wrap; overflow-wrap: anywhere; min-width: 0;
}
.own .text { background: var(--hang-own); }
.new {
  display: flex; align-items: center; gap: 10px; margin-top: 12px;
  color: var(--hang-bad); font-size: 12px; font-weight: 600;
}
.new::before, .new::after { content: ""; flex: 1; border-top: 1px solid currentColor; opacity: .5; }
.empty { margin: auto; padding: 24px; color: var(--hang-quiet); text-align: center; }
.more {
  position: absolute; bottom: 8px; left: 50%; transform: translateX(-50%);
  border-radius: 999px; padding: 6px 16px; min-height: 36px;
  box-shadow: 0 2px 12px rgb(0 0 0 / 25%);
}
button {
  font: inherit; font-weight: 600; border: 0; cursor: pointer;
  background: var(--hang-accent); color: var(--hang-accent-text);
}
.typing { min-height: 20px; margin: 0; padding: 0 14px 2px; font-size: 12px; color: var(--hang-quiet); }
.status { margin: 0; padding: 6px 14px; font-size: 13px; color: var(--hang-quiet); border-top: 1px solid var(--hang-line); }
.status.bad { color: var(--hang-bad); }
form { display: flex; gap: 8px; padding: 8px; border-top: 1px solid var(--hang-line); }
textarea {
  flex: 1; min-width: 0; box-sizing: border-box; resize: none; font: inherit;
  font-size: 16px; color: inherit; background: var(--hang-background);
  border: 1px solid var(--hang-line); border-radius: 10px; padding: 9px 12px;
  min-height: 44px; max-height: 120px; field-sizing: content;
}
textarea::placeholder { color: var(--hang-quiet); opacity: 1; }
.send { border-radius: 10px; padding: 0 16px; min-height: 44px; }
.send:disabled { opacity: .45; cursor: default; }
@media (prefers-reduced-motion: no-preference) { .list { scroll-behavior: smooth; } }
`;

/** The view within an element. */
export class HangChatView {
  /** The messages, oldest first. */
  readonly list = part("div", "list", {
    tabindex: "0",
    role: "log",
    "aria-label": "Messages",
  });
  /** Shown while there are no messages. */
  readonly empty = part("p", "empty");
  /** Goes to the newest. */
  readonly more = part("button", "more", { type: "button" });
  /** Who is typing. */
  readonly typing = part("p", "typing", { role: "status" });
  /** Problems. */
  readonly status = part("p", "status", { role: "alert" });
  /** For a new message. */
  readonly form = part("form", "form");
  /** The text of the new message. */
  readonly input = part("textarea", "input", {
    rows: "1",
    placeholder: "Write a message",
    "aria-label": "Message",
    enterkeyhint: "send",
  });
  readonly send = part("button", "send", { type: "submit" });

  /** Builds the view within `host`. */
  constructor(host: HTMLElement) {
    const emptySlot = slot("empty");
    emptySlot.append("No messages yet");
    this.empty.append(emptySlot);
    this.list.append(this.empty);
    this.more.hidden = true;
    const frame = part("div", "frame");
    frame.append(this.list, this.more);
    this.send.textContent = "Send";
    this.form.append(this.input, this.send);
    const { typing, status, form } = this;
    openShadow(host, STYLE).append(slot("header"), frame, typing, status, form);
  }
}
