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
 * `show-stats`; and `controls`, which "false" hides. Invalid values are ignored.
 * `jitter` is an old name of `latency`.
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
import { holding } from "../signals/lasting.ts";
import { effect, Signal } from "../signals/signal.ts";
import type { Latency } from "../watch/clock/latency.ts";
import { Player } from "../watch/player.ts";
import { incompleteState, type PlayerState } from "../watch/player_state.ts";
import type { PlayerStats } from "../watch/player_stats.ts";
import { shareConnection } from "../connection/relay_connection.ts";
import {
  readFlag,
  readNumber,
  readSwitch,
  readWord,
} from "./shared/attributes.ts";
import { HangElement } from "./shared/hang_element.ts";
import { WatchControls } from "./watch/controls.ts";
import { WatchPanel } from "./watch/panel.ts";
import { showState } from "./watch/show.ts";
import { WatchStats } from "./watch/stats.ts";
import { HangWatchView } from "./watch/watch_view.ts";
import {
  LATENCY_ATTRIBUTES,
  readLatency,
  writeLatency,
} from "./watch/latency_attributes.ts";
import { releaseMediaKeys, tellMediaKeys } from "./watch/media_keys.ts";
import { PictureInPicture } from "./watch/picture_in_picture.ts";
import { Placement } from "./shared/placement.ts";
import { define } from "./shared/parts.ts";
import {
  FLAG,
  OPTIONAL_TEXT,
  reflect,
  type Reflection,
  TEXT,
} from "./shared/reflect.ts";

export { HangElement } from "./shared/hang_element.ts";
export { BaseElement, PageElement } from "./shared/page_element.ts";

const VOLUME: Reflection<number> = {
  read: (text) => readNumber(text, { min: 0, max: 1, otherwise: 1 }),
  write: String,
};

/** Details of the events of {@linkcode HangWatchElement}. */
export interface HangWatchEvents {
  /** The state has changed. */
  readonly statechange: PlayerState;
  /** Another rendition is shown: its track name, `undefined` for none. */
  readonly renditionchange: string | undefined;
}

/** `<hang-watch>`, a player. */
export class HangWatchElement extends HangElement<HangWatchEvents> {
  /** Attributes that are watched. */
  static readonly observedAttributes: readonly string[] = [
    "url",
    "name",
    "path",
    ...LATENCY_ATTRIBUTES,
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
  /** The broadcast's path, as the attribute. */
  declare name: string;
  /** Track name of the rendition to play, as the attribute; `undefined` is automatic. */
  declare rendition: string | undefined;
  /** Track name of the captions to show, as the attribute; `undefined` is none. */
  declare captions: string | undefined;
  /** Whether it is paused, as the attribute. */
  declare paused: boolean;
  /** Whether it is muted, as the attribute. */
  declare muted: boolean;
  /** Loudness from 0 to 1, as the attribute. */
  declare volume: number;
  /** Whether the numbers are shown over the picture, as the attribute. */
  declare showStats: boolean;
  readonly #view = new HangWatchView(this);
  readonly #panel: WatchPanel;
  readonly #controls: WatchControls;
  readonly #numbers = new WatchStats();
  readonly #player = new Signal<Player | undefined>(undefined);
  readonly #pip = new Signal<PictureInPicture | undefined>(undefined);
  readonly #placement = new Placement(this);
  readonly #name = this.attribute(["name", "path"], readName);
  readonly #latency = this.attribute(
    LATENCY_ATTRIBUTES,
    () => readLatency(this),
  );
  readonly #rendition = this.attribute("rendition", OPTIONAL_TEXT.read);
  readonly #captions = this.attribute("captions", OPTIONAL_TEXT.read);
  readonly #volume = this.attribute("volume", VOLUME.read);
  readonly #muted = this.attribute("muted", readFlag);
  readonly #paused = this.attribute("paused", readFlag);
  readonly #margin = this.attribute("visible", readMargin);
  readonly #format = this.attribute("catalog-format", readFormat);
  readonly #hasStats = this.attribute("show-stats", readFlag);
  readonly #hasControls = this.attribute("controls", readSwitch);
  // Counts the attempts that the user asked for.
  readonly #attempt = new Signal(0);
  #toldRendition: string | undefined;

  static {
    reflect(this, {
      name: TEXT,
      rendition: OPTIONAL_TEXT,
      captions: OPTIONAL_TEXT,
      paused: FLAG,
      muted: FLAG,
      volume: VOLUME,
      showStats: FLAG,
    });
  }

  /** Use `document.createElement("hang-watch")` or HTML. */
  constructor() {
    super();
    this.#panel = new WatchPanel(this);
    this.#view.root.append(this.#numbers.element, this.#panel.element);
    this.#controls = new WatchControls(this, {
      view: this.#view,
      panel: this.#panel.element,
      pip: this.#pip,
    });
    this.#view.retry.addEventListener("click", () => {
      this.#attempt.set(this.#attempt.peek() + 1);
    });
  }

  /** How long media is held, as the attributes; a range or a fixed time in milliseconds, or "real-time". */
  get latency(): Latency {
    return this.#latency.peek();
  }
  set latency(value: Latency) {
    writeLatency(this, value);
  }

  /** The player behind it, while the element is in a page and has a url and a name. */
  get player(): Player | undefined {
    return this.#player.peek();
  }

  /** How it is doing. */
  get state(): PlayerState {
    return this.#player.peek()?.state() ?? this.#incomplete();
  }

  /** The current numbers; `undefined` without a player. */
  get stats(): PlayerStats | undefined {
    return this.#player.peek()?.stats();
  }

  /** Called by media keys. */
  mediaKey(key: "play" | "pause"): void {
    this.paused = key === "pause";
  }

  /** Plays while the element is in a page. */
  protected override start(): readonly (() => void)[] {
    this.#controls.wake();
    return [
      effect(() => this.#placement.watch(this.#margin.get())),
      effect(() => this.#play()),
      effect(() => this.#steer()),
      effect(() => this.#showState()),
      effect(() => this.#showButtons()),
      effect(() => this.#showSettings()),
      effect(() => this.#showNumbers()),
      effect(() => this.#tellRendition()),
      effect(() => this.#tellKeys()),
      () => this.#controls.stop(),
      () => releaseMediaKeys(this),
    ];
  }

  /** What the page has to write before there can be a player. */
  #incomplete(): PlayerState {
    const problem = this.relayProblem.get();
    return incompleteState(problem ?? "Set the name attribute to a broadcast");
  }

  #play(): (() => void) | void {
    this.#attempt.get();
    const url = this.relay.get();
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
    const stops = [
      holding(this.#pip, new PictureInPicture(canvas)),
      holding(this.#player, player),
    ];
    return () => stops.forEach((stop) => stop());
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

  #showState(): void {
    const player = this.#player.get();
    const state = player?.state() ?? this.#incomplete();
    showState(this.#view, {
      state,
      name: this.#name.get(),
      isBlocked: player?.soundBlocked() ?? false,
      caption: player?.captionText() ?? "",
    });
    if (this.tell(state)) this.#controls.wake();
  }

  #showButtons(): void {
    const player = this.#player.get();
    this.#view.bar.hidden = !this.#hasControls.get();
    this.#controls.show({
      isPaused: this.#paused.get(),
      isMuted: this.#muted.get() || (player?.soundBlocked() ?? false),
      volume: this.#volume.get(),
      captions: this.#captions.get(),
    });
  }

  #showSettings(): void {
    const latency = this.#latency.get();
    const hasStats = this.#hasStats.get();
    this.#panel.show(this.#player.get(), { latency, hasStats });
  }

  #showNumbers(): (() => void) | void {
    const player = this.#hasStats.get() ? this.#player.get() : undefined;
    this.#numbers.element.hidden = player === undefined;
    return player && this.#numbers.follow(player);
  }

  #tellRendition(): void {
    const name = this.#player.get()?.shownRendition.get();
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
}

function readName(name: string | null, path: string | null): string {
  return name ?? path ?? "";
}

function readMargin(text: string | null): string {
  return text?.trim() ?? "0px";
}

function readFormat(text: string | null): "hang" | "msf" | undefined {
  const words = ["hang", "msf"] as const;
  return readWord(text, { words, otherwise: undefined });
}

define("hang-watch", HangWatchElement);
