/**
 * `<hang-watch>`: a live broadcast of a relay with sound and controls.
 * Importing this module defines the element.
 *
 * ```html
 * <script type="module" src="https://…/hang_watch.js"></script>
 * <hang-watch url="https://relay.example/demo" name="room/alice" muted></hang-watch>
 * ```
 *
 * Attributes: `url` and `name` of the broadcast, `latency` in milliseconds
 * (150), `volume` from 0 to 1 (1), `muted`, `paused`, and `controls`, which
 * "false" hides. Space or K pauses, M mutes, F is fullscreen, the arrow keys
 * change the volume. Events: `statechange`, with the state as its `detail`.
 * Parts: `video`, `status`, `bar` and the buttons. Slots: the default one over
 * the picture, `controls` in the bar.
 *
 * @module
 */
import { effect, Signal } from "../signals/signal.ts";
import { type Latency, MAX_LATENCY_MS } from "../watch/latency.ts";
import { Player } from "../watch/player.ts";
import type { PlayerState } from "../watch/player_state.ts";
import type { PlayerStats } from "../watch/player_stats.ts";
import { shareConnection } from "../watch/relay_connection.ts";
import { readFlag, readNumber, readUrl } from "./attributes.ts";
import { buildView, type HangWatchView } from "./hang_watch_view.ts";
import { setIcon } from "./icons.ts";

// A pointer that rests for so long wants to see the picture alone.
const IDLE_MS = 2500;
const VOLUME_STEP = 0.1;
const WAITING = ["connecting", "relay-gone", "offline", "loading", "buffering"];
const NOTHING: PlayerState = {
  kind: "offline",
  text: "Nothing to play: the element needs a url and a name",
};

/** The element. */
export class HangWatchElement extends HTMLElement {
  /** Attributes that are watched. */
  static readonly observedAttributes: readonly string[] = [
    "url",
    "name",
    "latency",
    "latency-min",
    "latency-max",
    "volume",
    "muted",
    "paused",
    "controls",
  ];
  readonly #view: HangWatchView;
  readonly #player: Signal<Player | undefined> = new Signal<Player | undefined>(
    undefined,
  );
  readonly #url = new Signal<string | undefined>(undefined);
  readonly #name = new Signal("");
  readonly #latency = new Signal<Latency>("real-time");
  readonly #volume = new Signal(1);
  readonly #muted = new Signal(false);
  readonly #paused = new Signal(false);
  readonly #isPageVisible = new Signal(true);
  readonly #isOnScreen = new Signal(true);
  #stops: readonly (() => void)[] = [];
  #told = "";
  #idle: ReturnType<typeof setTimeout> | undefined;

  /** Use `document.createElement("hang-watch")` or HTML. */
  constructor() {
    super();
    this.#view = buildView(this.attachShadow({ mode: "open" }));
    this.#listen(this.#view);
  }

  /** The relay's URL, as the attribute. */
  get url(): string {
    return this.getAttribute("url") ?? "";
  }
  set url(value: string) {
    this.setAttribute("url", value);
  }

  /** The broadcast's path, as the attribute. */
  get name(): string {
    return this.getAttribute("name") ?? "";
  }
  set name(value: string) {
    this.setAttribute("name", value);
  }

  /** Whether it is paused, as the attribute. */
  get paused(): boolean {
    return this.#paused.peek();
  }
  set paused(value: boolean) {
    this.toggleAttribute("paused", value);
  }

  /** Whether it is muted, as the attribute. */
  get muted(): boolean {
    return this.#muted.peek();
  }
  set muted(value: boolean) {
    this.toggleAttribute("muted", value);
  }

  /** Loudness from 0 to 1, as the attribute. */
  get volume(): number {
    return this.#volume.peek();
  }
  set volume(value: number) {
    this.setAttribute("volume", String(value));
  }

  /** The player behind it, while the element is in a page and has a url and a name. */
  get player(): Player | undefined {
    return this.#player.peek();
  }

  /** How it is doing. */
  get state(): PlayerState {
    return this.#player.peek()?.state() ?? NOTHING;
  }

  /** Numbers as they are now; `undefined` without a player. */
  get stats(): PlayerStats | undefined {
    return this.#player.peek()?.stats();
  }

  /** Called by the page. */
  attributeChangedCallback(
    name: string,
    _: unknown,
    text: string | null,
  ): void {
    switch (name) {
      case "url":
        return this.#url.set(readUrl(text, document.baseURI)?.href);
      case "name":
        return this.#name.set(text ?? "");
      case "latency":
      case "latency-min":
      case "latency-max":
        return this.#latency.set(this.#readLatency());
      case "volume":
        return this.#volume.set(
          readNumber(text, { min: 0, max: 1, otherwise: 1 }),
        );
      case "muted":
        return this.#muted.set(readFlag(text));
      case "paused":
        return this.#paused.set(readFlag(text));
      case "controls":
        this.#view.bar.hidden = text !== null && !readFlag(text);
    }
  }

  /** Called by the page. */
  connectedCallback(): void {
    const observer = new IntersectionObserver(([entry]) =>
      this.#isOnScreen.set(entry?.isIntersecting ?? true)
    );
    observer.observe(this);
    const look = () =>
      this.#isPageVisible.set(document.visibilityState === "visible");
    look();
    document.addEventListener("visibilitychange", look);
    this.#stops = [
      () => observer.disconnect(),
      () => document.removeEventListener("visibilitychange", look),
      effect(() => this.#play()),
      effect(() => this.#steer()),
      effect(() => this.#show()),
      () => clearTimeout(this.#idle),
    ];
    this.#wake();
  }

  /** Called by the page. */
  disconnectedCallback(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  #readLatency(): Latency {
    const read = (name: string) =>
      readNumber(this.getAttribute(name), {
        min: 0,
        max: MAX_LATENCY_MS,
        otherwise: NaN,
      });
    const ms = read("latency");
    if (!Number.isNaN(ms)) return ms;
    const [minMs, maxMs] = [read("latency-min"), read("latency-max")];
    if (Number.isNaN(minMs) && Number.isNaN(maxMs)) return "real-time";
    return { minMs: minMs || 0, maxMs: maxMs || MAX_LATENCY_MS };
  }

  #play(): (() => void) | void {
    const url = this.#url.get();
    const name = this.#name.get();
    if (url === undefined || name === "") return;
    const player = new Player({
      shared: shareConnection(url),
      name,
      canvas: this.#view.canvas,
      latency: this.#latency.peek(),
    });
    this.#player.set(player);
    return () => {
      player.close();
      this.#player.set(undefined);
    };
  }

  #steer(): void {
    const player = this.#player.get();
    if (!player) return;
    player.latency.set(this.#latency.get());
    player.volume.set(this.#volume.get());
    player.muted.set(this.#muted.get());
    player.paused.set(this.#paused.get());
    player.visible.set(this.#isPageVisible.get() && this.#isOnScreen.get());
  }

  #show(): void {
    const view = this.#view;
    const player = this.#player.get();
    const state = player?.state() ?? NOTHING;
    const isPlaying = state.kind === "playing";
    view.status.hidden = isPlaying || state.kind === "paused";
    view.statusText.textContent = state.text;
    view.spinner.hidden = !WAITING.includes(state.kind);
    view.live.textContent = isPlaying ? "Live" : labelOf(state);
    view.live.classList.toggle("on", isPlaying);
    view.canvas.setAttribute("aria-label", `Live video: ${this.#name.get()}`);
    const isBlocked = player?.soundBlocked() ?? false;
    view.unmute.hidden = !isBlocked;
    const isPaused = this.#paused.get();
    setIcon(view.play, isPaused ? "play" : "pause");
    label(view.play, isPaused ? "Play" : "Pause");
    const isMuted = this.#muted.get() || isBlocked;
    setIcon(view.mute, isMuted ? "muted" : "sound");
    label(view.mute, isMuted ? "Turn on sound" : "Mute");
    view.volume.value = String(this.#volume.get());
    label(view.fullscreen, "Fullscreen");
    this.#tell(state);
  }

  #tell(state: PlayerState): void {
    if (state.text === this.#told) return;
    this.#told = state.text;
    this.#wake();
    this.dispatchEvent(new CustomEvent("statechange", { detail: state }));
  }

  #listen(view: HangWatchView): void {
    view.play.addEventListener("click", () => this.paused = !this.paused);
    view.mute.addEventListener("click", () => this.#toggleSound());
    view.unmute.addEventListener("click", () => this.muted = false);
    view.fullscreen.addEventListener("click", () => this.#toggleFullscreen());
    view.volume.addEventListener("input", () => {
      this.volume = view.volume.valueAsNumber;
      this.muted = false;
    });
    view.root.addEventListener("keydown", (event) => this.#onKey(event));
    view.canvas.addEventListener("dblclick", () => this.#toggleFullscreen());
    for (const name of ["pointermove", "pointerdown", "focusin"]) {
      view.root.addEventListener(name, () => this.#wake());
    }
    view.root.addEventListener("pointerleave", () => this.#rest());
  }

  #toggleSound(): void {
    // The click itself was the gesture that blocked sound waited for.
    if (this.#player.peek()?.soundBlocked()) return;
    this.muted = !this.muted;
  }

  #toggleFullscreen(): void {
    const change = document.fullscreenElement === this
      ? document.exitFullscreen()
      : this.requestFullscreen();
    change.catch(() => {
      // The browser does not want to, which the user sees.
    });
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const isOnControl = event.composedPath()[0] !== this.#view.root;
    switch (event.key) {
      case " ":
        if (isOnControl) return; // it presses the button
        this.paused = !this.paused;
        break;
      case "k":
        this.paused = !this.paused;
        break;
      case "m":
        this.#toggleSound();
        break;
      case "f":
        this.#toggleFullscreen();
        break;
      case "ArrowUp":
        this.#changeVolume(VOLUME_STEP);
        break;
      case "ArrowDown":
        this.#changeVolume(-VOLUME_STEP);
        break;
      default:
        return;
    }
    event.preventDefault();
  }

  #changeVolume(by: number): void {
    const volume = Math.min(1, Math.max(0, this.volume + by));
    this.volume = Math.round(volume * 100) / 100;
  }

  #wake(): void {
    this.#view.root.classList.remove("idle");
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#rest(), IDLE_MS);
  }

  #rest(): void {
    if (this.state.kind === "playing") this.#view.root.classList.add("idle");
  }
}

function label(button: HTMLElement, text: string): void {
  button.setAttribute("aria-label", text);
  button.title = text;
}

function labelOf({ kind }: PlayerState): string {
  if (kind === "paused") return "Paused";
  return WAITING.includes(kind) ? "Waiting" : "Stopped";
}

if (!customElements.get("hang-watch")) {
  customElements.define("hang-watch", HangWatchElement);
}
