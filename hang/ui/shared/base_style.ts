/**
 * How elements with one picture look: a dark frame around it, a bar of buttons
 * over its lower edge, and a veil with one sentence while there is something to
 * say.
 *
 * @module
 */

/** Rules for the host, buttons, the bar and the veil. */
export const BASE_STYLE = `
:host {
  --hang-background: #101218;
  --hang-foreground: #fff;
  --hang-accent: #6ea8fe;
  --hang-bar: rgb(10 12 18 / 72%);
  --hang-radius: 12px;
  display: block;
  position: relative;
  overflow: hidden;
  aspect-ratio: 16 / 9;
  border-radius: var(--hang-radius);
  background: var(--hang-background);
  color: var(--hang-foreground);
  font: 500 14px/1.4 system-ui, sans-serif;
}
@media (prefers-color-scheme: light) {
  :host { --hang-background: #23262e; --hang-accent: #3d7df0; }
}
:host([hidden]), [hidden] { display: none !important; }
.root { position: absolute; inset: 0; outline-offset: -3px; }
.root:focus-visible, button:focus-visible, select:focus-visible {
  outline: 2px solid var(--hang-accent);
}
.status {
  position: absolute; inset: 0; display: grid; place-content: center;
  justify-items: center; gap: 12px; padding: 24px; text-align: center;
  background: rgb(10 12 18 / 58%); color: #fff;
}
.status p { margin: 0; max-width: 40ch; text-wrap: balance; }
.spinner {
  width: 28px; height: 28px; border-radius: 50%;
  border: 3px solid rgb(255 255 255 / 28%); border-top-color: #fff;
  animation: turn 1s linear infinite;
}
@keyframes turn { to { transform: rotate(1turn); } }
@media (prefers-reduced-motion: reduce) { .spinner { animation-duration: 4s; } }
.bar {
  position: absolute; inset: auto 0 0 0; display: flex; align-items: center;
  gap: 4px; padding: 20px 8px 6px;
  background: linear-gradient(transparent, rgb(10 12 18 / 78%));
}
button {
  all: unset; box-sizing: border-box; display: inline-flex; align-items: center;
  min-width: 40px; min-height: 40px; justify-content: center; cursor: pointer;
  border-radius: 8px; color: #fff; font: inherit;
}
.bar button { flex: none; }
.bar button:hover { background: rgb(255 255 255 / 14%); }
svg { width: 24px; height: 24px; fill: currentColor; flex: none; }
.live {
  margin-inline: 6px auto; display: inline-flex; align-items: center; gap: 6px;
  color: #fff; font-size: 13px; white-space: nowrap; min-width: 0; overflow: hidden;
}
.live::before {
  content: ""; width: 8px; height: 8px; flex: none; border-radius: 50%;
  background: #8a93a5;
}
.live.on::before { background: #ff4d5e; }
`;
