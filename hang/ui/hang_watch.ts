/**
 * `<hang-watch>`: a live broadcast of a relay with sound and controls.
 * Importing this module defines the element.
 *
 * ```html
 * <script type="module" src="https://…/hang_watch.js"></script>
 * <hang-watch url="https://relay.example/demo" name="room/alice" muted></hang-watch>
 * ```
 *
 * Attributes: `url` and `name` (or `path`) of the broadcast; `latency` in
 * milliseconds or "real-time" (the default), or `latency-min` and `latency-max`;
 * `rendition` and `captions` by track name; `volume` from 0 to 1 (1), `muted`,
 * `paused`; `visible`, which says how near to the window it has to be to be
 * downloaded: a CSS length ("0px"), "always" or "never"; `catalog-format`;
 * `show-stats`; and `controls`, which "false" hides. A value without sense is as
 * good as none. `jitter` is an old name of `latency`.
 *
 * Space or K pauses, M mutes, F is fullscreen, C shows captions, P is picture in
 * picture, S shows numbers, the arrow keys change the volume. Events:
 * `statechange`, with the state as its `detail`, and `renditionchange`, with the
 * track name. Parts: `video`, `caption`, `status`, `bar`, `panel`, `stats` and
 * the buttons. Slots: the default one over the picture, `controls` in the bar,
 * `bar` in place of it. A `<canvas>` within the element is drawn on in place of
 * its own.
 *
 * @module
 */
import { effect, Signal } from "../signals/signal.ts";
import type { PlayedFormat } from "../watch/followed_broadcast.ts";
import type { Latency } from "../watch/latency.ts";
import { Player } from "../watch/player.ts";
import type { PlayerState } from "../watch/player_state.ts";
import type { PlayerStats } from "../watch/player_stats.ts";
import { shareConnection } from "../watch/relay_connection.ts";
import { readFlag, readNumber, readUrl } from "./attributes.ts";
import { readWatchKey, type WatchKey } from "./hang_watch_keys.ts";
import { WatchPanel } from "./hang_watch_panel.ts";
import { showButtons, showState } from "./hang_watch_show.ts";
import { WatchStats } from "./hang_watch_stats.ts";
import { buildView, type HangWatchView } from "./hang_watch_view.ts";
import { releaseMediaKeys, tellMediaKeys } from "./media_keys.ts";
import { readLatency } from "./latency_attributes.ts";
import { PictureInPicture } from "./picture_in_picture.ts";
import { Placement } from "./placement.ts";

// A pointer that rests for so long wants to see the picture alone.
const IDLE_MS = 2500;
const STATS_MS = 500;
const VOLUME_STEP = 0.1;
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
    "path",
    "latency",
    "latency-min",
    "latency-max",
    "jitter",
    "rendition",
    "captions",
    "volume",
    "muted",
    "paused",
    "visible",
    "catalog-format",
    "show-stats",
    "controls",
  ];
  readonly #view: HangWatchView;
  readonly #panel: WatchPanel;
  readonly #numbers = new WatchStats();
  readonly #player: Signal<Player | undefined> = new Signal<Player | undefined>(
    undefined,
  );
  readonly #pip = new Signal<PictureInPicture | undefined>(undefined);
  readonly #isFullscreen = new Signal(false);
  readonly #placement = new Placement(this);
  readonly #url = new Signal<string | undefined>(undefined);
  readonly #name = new Signal("");
  readonly #latency = new Signal<Latency>("real-time");
  readonly #rendition = new Signal<string | undefined>(undefined);
  readonly #captions = new Signal<string | undefined>(undefined);
  readonly #volume = new Signal(1);
  readonly #muted = new Signal(false);
  readonly #paused = new Signal(false);
  readonly #margin = new Signal("0px");
  readonly #format = new Signal<PlayedFormat | undefined>(undefined);
  readonly #hasStats = new Signal(false);
  #stops: readonly (() => void)[] = [];
  #told = "";
  #toldRendition: string | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;

  /** Use `document.createElement("hang-watch")` or HTML. */
  constructor() {
    super();
    this.#view = buildView(this.attachShadow({ mode: "open" }));
    this.#panel = new WatchPanel({
      pickRendition: (name) => this.rendition = name,
      pickLatency: (latency) => this.#pickLatency(latency),
      pickCaptions: (name) => this.captions = name,
      showStats: (isShown) => this.showStats = isShown,
    });
    this.#view.root.append(this.#numbers.element, this.#panel.element);
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

  /** Track name of the rendition to play, as the attribute; `undefined` is automatic. */
  get rendition(): string | undefined {
    return this.#rendition.peek();
  }
  set rendition(value: string | undefined) {
    this.#setText("rendition", value);
  }

  /** Track name of the captions to show, as the attribute; `undefined` is none. */
  get captions(): string | undefined {
    return this.#captions.peek();
  }
  set captions(value: string | undefined) {
    this.#setText("captions", value);
  }

  /** How long media is held, as the attributes; a range or a fixed time in milliseconds, or "real-time". */
  get latency(): Latency {
    return this.#latency.peek();
  }
  set latency(value: Latency) {
    const { minMs, maxMs } = typeof value === "object"
      ? value
      : { minMs: undefined, maxMs: undefined };
    this.#setText("latency", minMs === undefined ? String(value) : undefined);
    this.#setText("latency-min", minMs?.toString());
    this.#setText("latency-max", maxMs?.toString());
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

  /** Whether the numbers are shown over the picture, as the attribute. */
  get showStats(): boolean {
    return this.#hasStats.peek();
  }
  set showStats(value: boolean) {
    this.toggleAttribute("show-stats", value);
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
      case "path":
        return this.#name.set(
          this.getAttribute("name") ?? this.getAttribute("path") ?? "",
        );
      case "latency":
      case "latency-min":
      case "latency-max":
      case "jitter":
        return this.#latency.set(readLatency(this));
      case "rendition":
        return this.#rendition.set(text || undefined);
      case "captions":
        return this.#captions.set(text || undefined);
      case "volume":
        return this.#volume.set(
          readNumber(text, { min: 0, max: 1, otherwise: 1 }),
        );
      case "muted":
        return this.#muted.set(readFlag(text));
      case "paused":
        return this.#paused.set(readFlag(text));
      case "visible":
        return this.#margin.set(text?.trim() ?? "0px");
      case "catalog-format":
        return this.#format.set(
          text === "hang" || text === "msf" ? text : undefined,
        );
      case "show-stats":
        return this.#hasStats.set(readFlag(text));
      case "controls":
        this.#view.bar.hidden = text !== null && !readFlag(text);
    }
  }

  /** Called by the page. */
  connectedCallback(): void {
    this.#stops = [
      effect(() => this.#placement.watch(this.#margin.get())),
      effect(() => this.#play()),
      effect(() => this.#steer()),
      effect(() => this.#show()),
      effect(() => this.#showButtons()),
      effect(() => this.#showSettings()),
      effect(() => this.#tellKeys()),
      effect(() => this.#runNumbers()),
      () => clearTimeout(this.#idle),
      () => releaseMediaKeys(this),
    ];
    this.#wake();
  }

  /** Called by the page. */
  disconnectedCallback(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  /** Called by media keys. */
  mediaKey(key: "play" | "pause"): void {
    this.paused = key === "pause";
  }

  #setText(attribute: string, value: string | undefined): void {
    if (value === undefined) this.removeAttribute(attribute);
    else this.setAttribute(attribute, value);
  }

  #pickLatency(latency: string): void {
    const ms = Number(latency);
    if (latency === "real-time" || Number.isFinite(ms)) {
      this.latency = latency === "real-time" ? latency : ms;
    }
  }

  #play(): (() => void) | void {
    const url = this.#url.get();
    const name = this.#name.get();
    const catalogFormat = this.#format.get();
    if (url === undefined || name === "") return;
    const own = this.querySelector(":scope > canvas");
    const canvas = own instanceof HTMLCanvasElement ? own : this.#view.canvas;
    this.#view.canvas.hidden = canvas !== this.#view.canvas;
    const player = new Player({
      shared: shareConnection(url),
      name,
      canvas,
      latency: this.#latency.peek(),
      catalogFormat,
    });
    const pip = new PictureInPicture(canvas);
    this.#player.set(player);
    this.#pip.set(pip);
    this.#numbers.clear();
    return () => {
      pip.close();
      player.close();
      this.#pip.set(undefined);
      this.#player.set(undefined);
    };
  }

  #steer(): void {
    const player = this.#player.get();
    if (!player) return;
    const isAside = this.#pip.get()?.isOpen.get() ?? false;
    player.latency.set(this.#latency.get());
    player.rendition.set(this.#rendition.get());
    player.captions.set(this.#captions.get());
    player.volume.set(this.#volume.get());
    player.muted.set(this.#muted.get());
    player.paused.set(this.#paused.get());
    player.size.set(this.#placement.size.get());
    player.drawsHidden.set(isAside);
    player.visible.set(isAside || this.#placement.isVisible.get());
  }

  #show(): void {
    const player = this.#player.get();
    const state = player?.state() ?? NOTHING;
    showState(this.#view, {
      state,
      name: this.#name.get(),
      isBlocked: player?.soundBlocked() ?? false,
      caption: player?.captionText() ?? "",
    });
    this.#tell(state);
    this.#tellRendition(player?.shownRendition.get());
  }

  #showButtons(): void {
    const player = this.#player.get();
    showButtons(this.#view, {
      isPaused: this.#paused.get(),
      isMuted: this.#muted.get() || (player?.soundBlocked() ?? false),
      volume: this.#volume.get(),
      hasCaptions: (player?.captionTracks() ?? []).length > 0,
      showsCaptions: this.#captions.get() !== undefined,
      isSettingsOpen: !this.#panel.element.hidden,
      isInPicture: this.#pip.get()?.isOpen.get() ?? false,
      isFullscreen: this.#isFullscreen.get(),
    });
  }

  #showSettings(): void {
    const latency = this.#latency.get();
    const hasStats = this.#hasStats.get();
    this.#panel.show(this.#player.get(), { latency, hasStats });
  }

  #tell(state: PlayerState): void {
    if (state.text === this.#told) return;
    this.#told = state.text;
    this.#wake();
    this.dispatchEvent(new CustomEvent("statechange", { detail: state }));
  }

  #tellRendition(name: string | undefined): void {
    if (name === this.#toldRendition) return;
    this.#toldRendition = name;
    this.dispatchEvent(new CustomEvent("renditionchange", { detail: name }));
  }

  #tellKeys(): void {
    const player = this.#player.get();
    if (player?.state().kind !== "playing" && !this.#paused.get()) return;
    const isPaused = this.#paused.get();
    tellMediaKeys(this, { title: this.#name.get(), isPaused });
  }

  #runNumbers(): (() => void) | void {
    const player = this.#player.get();
    const isShown = this.#hasStats.get() && player !== undefined;
    this.#numbers.element.hidden = !isShown;
    if (!isShown) return;
    const show = () => this.#numbers.show(player.stats());
    show();
    const timer = setInterval(show, STATS_MS);
    return () => clearInterval(timer);
  }

  #listen(view: HangWatchView): void {
    view.play.addEventListener("click", () => this.paused = !this.paused);
    view.mute.addEventListener("click", () => this.#toggleSound());
    view.unmute.addEventListener("click", () => this.muted = false);
    view.captions.addEventListener("click", () => this.#toggleCaptions());
    view.settings.addEventListener("click", () => this.#togglePanel());
    view.pip.addEventListener("click", () => this.#togglePip());
    view.fullscreen.addEventListener("click", () => this.#toggleFullscreen());
    view.volume.addEventListener("input", () => {
      this.volume = view.volume.valueAsNumber;
      this.muted = false;
    });
    view.root.addEventListener("keydown", (event) => this.#onKey(event));
    view.canvas.addEventListener("dblclick", () => this.#toggleFullscreen());
    view.canvas.addEventListener("click", () => this.#togglePanel(false));
    for (const name of ["pointermove", "pointerdown", "focusin"]) {
      view.root.addEventListener(name, () => this.#wake());
    }
    view.root.addEventListener("pointerleave", () => this.#rest());
    this.addEventListener("fullscreenchange", () => {
      this.#isFullscreen.set(this.matches(":fullscreen"));
    });
  }

  #toggleSound(): void {
    // The click itself was the gesture that blocked sound waited for.
    if (this.#player.peek()?.soundBlocked()) return;
    this.muted = !this.muted;
  }

  #toggleCaptions(): void {
    const [first] = this.#player.peek()?.captionTracks() ?? [];
    this.captions = this.captions === undefined ? first?.name : undefined;
  }

  #togglePanel(isOpen = Boolean(this.#panel.element.hidden)): void {
    this.#panel.element.hidden = !isOpen;
    this.#view.settings.ariaExpanded = String(isOpen);
    this.#wake();
  }

  #togglePip(): void {
    const pip = this.#pip.peek();
    if (pip?.isOpen.peek()) return pip.close();
    pip?.open().catch(() => {
      // The browser does not want to, which the user sees.
    });
  }

  #toggleFullscreen(): void {
    if (!document.fullscreenEnabled) return;
    // Within another shadow tree the document names that one's host.
    const change = this.matches(":fullscreen")
      ? document.exitFullscreen()
      : this.requestFullscreen();
    change.catch(() => {
      // The browser does not want to, which the user sees.
    });
  }

  #onKey(event: KeyboardEvent): void {
    const { root } = this.#view;
    const key = readWatchKey(event, { root, panel: this.#panel.element });
    if (key === undefined) return;
    const isVolume = key === "louder" || key === "quieter";
    if (!event.repeat || isVolume) this.#press(key);
    event.preventDefault();
  }

  #press(key: WatchKey): void {
    switch (key) {
      case "pause":
        this.paused = !this.paused;
        break;
      case "mute":
        return this.#toggleSound();
      case "fullscreen":
        return this.#toggleFullscreen();
      case "captions":
        return this.#toggleCaptions();
      case "pip":
        return this.#togglePip();
      case "stats":
        this.showStats = !this.showStats;
        break;
      case "louder":
        return this.#changeVolume(VOLUME_STEP);
      case "quieter":
        return this.#changeVolume(-VOLUME_STEP);
      case "close":
        this.#togglePanel(false);
        this.#view.settings.focus();
    }
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
    const isBusy = this.state.kind !== "playing" || !this.#panel.element.hidden;
    if (!isBusy) this.#view.root.classList.add("idle");
  }
}

if (!customElements.get("hang-watch")) {
  customElements.define("hang-watch", HangWatchElement);
}
