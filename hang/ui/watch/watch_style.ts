/**
 * How `<hang-watch>` looks. Pages change it with the custom properties here
 * and at the top of `base_style.ts`, and with `::part()`.
 *
 * @module
 */
import { BASE_STYLE } from "../shared/base_style.ts";

/** The style sheet of the shadow tree. */
export const WATCH_STYLE = `${BASE_STYLE}
:host { --hang-panel: rgb(20 23 31 / 94%); container-type: inline-size; }
@media (prefers-color-scheme: light) {
  :host { --hang-panel: rgb(252 253 255 / 96%); }
}
:host(:fullscreen) { border-radius: 0; aspect-ratio: auto; --hang-background: #000; }
input:focus-visible { outline: 2px solid var(--hang-accent); }
canvas.video, ::slotted(canvas) {
  width: 100%; height: 100%; object-fit: contain; display: block;
}
.caption {
  position: absolute; inset: auto 8% 12px; margin: 0 auto; width: fit-content;
  max-width: 60ch; padding: 2px 10px; border-radius: 6px; text-align: center;
  white-space: pre-line; background: rgb(0 0 0 / 76%); color: #fff;
  font-size: clamp(14px, 3.6cqi, 26px); pointer-events: none; transition: bottom .2s;
}
.caption:empty { display: none; }
.root:not(.idle) .caption { bottom: 62px; }
.status { transition: opacity .2s; }
.unmute {
  position: absolute; top: 12px; left: 12px; display: flex; align-items: center;
  gap: 6px; padding: 6px 12px 6px 8px; border-radius: 999px; background: var(--hang-bar);
}
.status { padding: 12px 24px 52px; gap: 8px; }
.retry { position: relative; z-index: 1; padding: 0 18px; background: #fff; color: #101218; font-weight: 600; }
.retry:hover { background: #dfe6f5; }
.bar { transition: opacity .2s; }
.root.idle .bar:not(:focus-within) { opacity: 0; }
.root.idle { cursor: none; }
button[aria-pressed=true], button[aria-expanded=true] { color: var(--hang-accent); }
svg { fill-rule: evenodd; }
input[type=range] { width: 84px; accent-color: var(--hang-accent); cursor: pointer; }
@media (pointer: coarse) { input[type=range] { display: none; } }
.panel {
  position: absolute; right: 8px; bottom: 58px; display: grid; gap: 10px;
  min-width: 220px; max-width: calc(100% - 48px); max-height: calc(100% - 84px);
  overflow: auto; padding: 12px 14px; border-radius: 10px; color: light-dark(#171b24, #eef1f7);
  background: var(--hang-panel); box-shadow: 0 4px 24px rgb(0 0 0 / 36%);
  color-scheme: light dark;
}
.panel label {
  display: flex; align-items: center; justify-content: space-between; gap: 16px;
}
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
