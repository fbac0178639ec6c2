/**
 * How `<hang-watch>` looks. Pages change it with the custom properties at the
 * top and with `::part()`.
 *
 * @module
 */

/** The style sheet of the shadow tree. */
export const WATCH_STYLE = `
:host {
  --hang-background: #101218;
  --hang-foreground: #fff;
  --hang-accent: #6ea8fe;
  --hang-bar: rgb(10 12 18 / 72%);
  --hang-panel: rgb(20 23 31 / 94%);
  --hang-radius: 12px;
  display: block;
  position: relative;
  overflow: hidden;
  aspect-ratio: 16 / 9;
  border-radius: var(--hang-radius);
  background: var(--hang-background);
  color: var(--hang-foreground);
  font: 500 14px/1.4 system-ui, sans-serif;
  container-type: inline-size;
}
@media (prefers-color-scheme: light) {
  :host {
    --hang-background: #23262e; --hang-accent: #3d7df0;
    --hang-panel: rgb(252 253 255 / 96%);
  }
}
:host([hidden]) { display: none; }
:host(:fullscreen) { border-radius: 0; aspect-ratio: auto; --hang-background: #000; }
.root { position: absolute; inset: 0; outline-offset: -3px; }
.root:focus-visible, button:focus-visible, input:focus-visible, select:focus-visible {
  outline: 2px solid var(--hang-accent);
}
canvas.video, ::slotted(canvas) {
  width: 100%; height: 100%; object-fit: contain; display: block;
}
canvas.video[hidden] { display: none; }
.caption {
  position: absolute; inset: auto 8% 12px; margin: 0 auto; width: fit-content;
  max-width: 60ch; padding: 2px 10px; border-radius: 6px; text-align: center;
  white-space: pre-line; background: rgb(0 0 0 / 76%); color: #fff;
  font-size: clamp(14px, 3.6cqi, 26px); pointer-events: none; transition: bottom .2s;
}
.caption:empty { display: none; }
.root:not(.idle) .caption { bottom: 62px; }
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
button[hidden] { display: none; }
button[aria-pressed=true], button[aria-expanded=true] { color: var(--hang-accent); }
.bar button:hover { background: rgb(255 255 255 / 14%); }
svg { width: 24px; height: 24px; fill: currentColor; fill-rule: evenodd; flex: none; }
.live {
  margin-inline: 6px auto; display: inline-flex; align-items: center; gap: 6px;
  color: #fff; font-size: 13px; white-space: nowrap;
}
.live::before {
  content: ""; width: 8px; height: 8px; border-radius: 50%; background: #8a93a5;
}
.live.on::before { background: #ff4d5e; }
input[type=range] { width: 84px; accent-color: var(--hang-accent); cursor: pointer; }
@media (pointer: coarse) { input[type=range] { display: none; } }
.panel {
  position: absolute; right: 8px; bottom: 58px; display: grid; gap: 10px;
  min-width: 220px; max-width: calc(100% - 48px); max-height: calc(100% - 84px);
  overflow: auto; padding: 12px 14px; border-radius: 10px; color: light-dark(#171b24, #eef1f7);
  background: var(--hang-panel); box-shadow: 0 4px 24px rgb(0 0 0 / 36%);
  color-scheme: light dark;
}
.panel[hidden] { display: none; }
.panel label {
  display: flex; align-items: center; justify-content: space-between; gap: 16px;
}
.panel label[hidden] { display: none; }
.panel select {
  font: inherit; max-width: 210px; padding: 4px 6px; border-radius: 6px;
  border: 1px solid rgb(128 138 158 / 60%); color: inherit;
  background: light-dark(#fff, #1b202b);
}
.panel input { width: 18px; height: 18px; accent-color: var(--hang-accent); }
.stats {
  position: absolute; top: 8px; right: 8px; width: min(300px, calc(100% - 16px));
  box-sizing: border-box; display: grid; grid-template-columns: 4.5em 1fr 7em;
  gap: 3px 10px; align-items: center; padding: 8px 12px; border-radius: 10px;
  background: rgb(10 12 18 / 80%); color: #fff; font-size: 12px; line-height: 1.3;
  font-variant-numeric: tabular-nums; pointer-events: none;
}
.stats[hidden] { display: none; }
.stats svg { width: 100%; height: 22px; fill: none; stroke: var(--plot); stroke-width: 1.5; }
.stats output { text-align: right; white-space: nowrap; }
.stats .line { grid-column: 1 / -1; color: #b9c2d4; overflow-wrap: anywhere; }
@container (max-width: 420px) {
  .stats { gap: 1px 8px; padding: 6px 10px; font-size: 11px; }
  .stats svg { height: 15px; }
}
@container (max-width: 420px) {
  input[type=range], .pip { display: none; }
  .bar { gap: 0; padding-inline: 4px; }
  .panel { gap: 6px; padding: 8px 12px; bottom: 50px; max-height: calc(100% - 66px); font-size: 13px; }
}
`;
