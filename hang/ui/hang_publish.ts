/**
 * `<hang-publish>`: publishes a camera, a screen or a file to a relay, with a
 * preview and controls. Importing this module defines the element.
 *
 * ```html
 * <script type="module" src="https://…/hang_publish.js"></script>
 * <hang-publish url="https://relay.example/demo" name="room/alice" source="camera"></hang-publish>
 * ```
 *
 * Attributes: `url` and `name` of the broadcast; `source`, one of "camera",
 * "screen" and "file", without which the user chooses; `muted`, `invisible`;
 * `simulcast`, which "false" turns into one encoding; `announce`, "source" once
 * there is something to see or hear, "always" or "never"; `preview`, which
 * "none" hides; `controls`, which "false" hides. M mutes, V switches the
 * picture off and on. Events: `statechange`, with the state as its `detail`.
 * Parts: `video`, `status`, `bar` and the buttons. Slots: the default one over
 * the picture, `controls` in the bar.
 *
 * @module
 */
import { Capture } from "../publish/capture.ts";
import { DeviceList } from "../publish/device_list.ts";
import { Publisher } from "../publish/publisher.ts";
import type { PublisherStats } from "../publish/publisher_stats.ts";
import { SIMULCAST, SINGLE } from "../publish/rendition_plan.ts";
import { effect, Signal } from "../signals/signal.ts";
import { shareConnection } from "../watch/relay_connection.ts";
import { readFlag, readUrl } from "./attributes.ts";
import { HangPublishDisplay } from "./hang_publish_display.ts";
import {
  type HangPublishState,
  hangPublishStateOf,
} from "./hang_publish_state.ts";
import { buildView, type HangPublishView } from "./hang_publish_view.ts";

export type { HangPublishState } from "./hang_publish_state.ts";

type Source = "camera" | "screen" | "file";
type Announce = "source" | "always" | "never";

/** The element. */
export class HangPublishElement extends HTMLElement {
  /** Attributes that are watched. */
  static readonly observedAttributes: readonly string[] = [
    "url",
    "name",
    "source",
    "muted",
    "invisible",
    "simulcast",
    "announce",
    "preview",
    "controls",
  ];
  readonly #view: HangPublishView;
  readonly #url = new Signal<string | undefined>(undefined);
  readonly #name = new Signal("");
  readonly #source = new Signal<Source | undefined>(undefined);
  readonly #file = new Signal<Blob | undefined>(undefined);
  readonly #muted = new Signal(false);
  readonly #invisible = new Signal(false);
  readonly #simulcast = new Signal(true);
  readonly #announce = new Signal<Announce>("source");
  readonly #preview = new Signal(true);
  readonly #capture = new Signal<Capture | undefined>(undefined);
  readonly #publisher = new Signal<Publisher | undefined>(undefined);
  #stops: readonly (() => void)[] = [];
  #told = "";

  /** Use `document.createElement("hang-publish")` or HTML. */
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

  /** What is published, as the attribute; `undefined` lets the user choose. A screen needs a gesture of the user's. */
  get source(): "camera" | "screen" | "file" | undefined {
    return this.#source.peek();
  }
  set source(value: "camera" | "screen" | "file" | undefined) {
    if (value === undefined) this.removeAttribute("source");
    else this.setAttribute("source", value);
  }

  /** The file that is published while the source is "file". */
  get file(): Blob | undefined {
    return this.#file.peek();
  }
  set file(value: Blob | undefined) {
    this.#file.set(value);
  }

  /** Whether it is published without sound, as the attribute. */
  get muted(): boolean {
    return this.#muted.peek();
  }
  set muted(value: boolean) {
    this.toggleAttribute("muted", value);
  }

  /** Whether it is published without a picture, as the attribute. */
  get invisible(): boolean {
    return this.#invisible.peek();
  }
  set invisible(value: boolean) {
    this.toggleAttribute("invisible", value);
  }

  /** The sources behind it, while the element is in a page. */
  get capture(): Capture | undefined {
    return this.#capture.peek();
  }

  /** The publisher behind it, while the element is in a page and has a url and a name. */
  get publisher(): Publisher | undefined {
    return this.#publisher.peek();
  }

  /** How it is doing. */
  get state(): HangPublishState {
    return this.#state();
  }

  /** Numbers as they are now; `undefined` without a publisher. */
  get stats(): PublisherStats | undefined {
    return this.#publisher.peek()?.stats();
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
      case "source":
        return this.#source.set(readSource(text));
      case "muted":
        return this.#muted.set(readFlag(text));
      case "invisible":
        return this.#invisible.set(readFlag(text));
      case "simulcast":
        return this.#simulcast.set(text === null || readFlag(text));
      case "announce":
        return this.#announce.set(readAnnounce(text));
      case "preview":
        return this.#preview.set(text?.trim().toLowerCase() !== "none");
      case "controls":
        this.#view.bar.hidden = text !== null && !readFlag(text);
    }
  }

  /** Called by the page. */
  connectedCallback(): void {
    const capture = new Capture();
    const devices = new DeviceList();
    this.#capture.set(capture);
    const display = new HangPublishDisplay(this.#view, {
      capture,
      devices,
      preview: this.#preview,
      source: this.#source,
      publisher: this.#publisher,
    });
    this.#stops = [
      effect(() => this.#choose(capture)),
      effect(() => this.#publish(capture)),
      effect(() => this.#encode()),
      effect(() => {
        const state = this.#state();
        display.show(state);
        this.#tell(state);
      }),
      () => display.close(),
      () => devices.close(),
      () => capture.close(),
      () => this.#capture.set(undefined),
    ];
  }

  /** Called by the page. */
  disconnectedCallback(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  #state(): HangPublishState {
    const capture = this.#capture.get();
    const source = this.#source.get();
    const hasMedia = [capture?.video.get(), capture?.audio.get()];
    return hangPublishStateOf({
      source: source === "file" && !this.#file.get() ? undefined : source,
      isSwitchedOff: this.#muted.get() && this.#invisible.get(),
      hasMedia: hasMedia.some((track) => track !== undefined),
      isAsking: capture?.isAsking() ?? false,
      problem: capture?.problem(),
      publisher: this.#publisher.get()?.state(),
    });
  }

  #choose(capture: Capture): void {
    const source = this.#source.get();
    const file = this.#file.get();
    capture.source.set(source === "file" ? file : source);
    capture.muted.set(this.#muted.get());
    capture.invisible.set(this.#invisible.get());
  }

  #publish(capture: Capture): (() => void) | void {
    const url = this.#url.get();
    const name = this.#name.get();
    const announce = this.#announce.get();
    if (url === undefined || name === "" || announce === "never") return;
    const publisher = new Publisher({
      shared: shareConnection(url, { role: "publisher" }),
      name,
      video: capture.video,
      audio: capture.audio,
      announce: announce === "always" ? "always" : "media",
    });
    this.#publisher.set(publisher);
    return () => {
      publisher.close();
      this.#publisher.set(undefined);
    };
  }

  #encode(): void {
    const renditions = this.#simulcast.get() ? SIMULCAST : SINGLE;
    this.#publisher.get()?.renditions.set(renditions);
  }

  #tell(state: HangPublishState): void {
    if (state.text === this.#told) return;
    this.#told = state.text;
    this.dispatchEvent(new CustomEvent("statechange", { detail: state }));
  }

  #listen(view: HangPublishView): void {
    view.camera.addEventListener("click", () => this.source = "camera");
    view.screen.addEventListener("click", () => this.source = "screen");
    view.file.addEventListener("click", () => view.filePicker.click());
    view.filePicker.addEventListener("change", () => this.#pick());
    view.retry.addEventListener("click", () => this.#capture.peek()?.retry());
    view.mute.addEventListener("click", () => this.muted = !this.muted);
    view.hide.addEventListener("click", () => this.invisible = !this.invisible);
    view.share.addEventListener("click", () => {
      this.source = this.source === "screen" ? "camera" : "screen";
    });
    view.stop.addEventListener("click", () => this.source = undefined);
    view.root.addEventListener("keydown", (event) => this.#onKey(event));
  }

  #pick(): void {
    const [file] = this.#view.filePicker.files ?? [];
    this.#view.filePicker.value = "";
    if (!file) return;
    this.file = file;
    this.source = "file";
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.composedPath()[0] instanceof HTMLSelectElement) return;
    switch (event.key) {
      case "m":
        this.muted = !this.muted;
        break;
      case "v":
        this.invisible = !this.invisible;
        break;
      case "Escape":
        if (this.#view.panel.hidden) return;
        this.#view.settings.click();
        break;
      default:
        return;
    }
    event.preventDefault();
  }
}

function readSource(text: string | null): Source | undefined {
  const word = text?.trim().toLowerCase();
  return word === "camera" || word === "screen" || word === "file"
    ? word
    : undefined;
}

function readAnnounce(text: string | null): Announce {
  const word = text?.trim().toLowerCase();
  return word === "always" || word === "never" ? word : "source";
}

if (!customElements.get("hang-publish")) {
  customElements.define("hang-publish", HangPublishElement);
}
