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
import { holding } from "../signals/lasting.ts";
import { effect, Signal } from "../signals/signal.ts";
import { shareConnection } from "../connection/relay_connection.ts";
import { readFlag, readSwitch, readWord } from "./shared/attributes.ts";
import { HangElement } from "./shared/hang_element.ts";
import { HangPublishDisplay } from "./publish/publish_display.ts";
import {
  type HangPublishState,
  hangPublishStateOf,
} from "./publish/publish_state.ts";
import { HangPublishView } from "./publish/publish_view.ts";
import { pressKey } from "./shared/keys.ts";
import { define } from "./shared/parts.ts";
import { FLAG, reflect, type Reflection, TEXT } from "./shared/reflect.ts";

export { HangElement } from "./shared/hang_element.ts";
export { BaseElement, PageElement } from "./shared/page_element.ts";
export type { HangPublishState } from "./publish/publish_state.ts";

const SOURCES = ["camera", "screen", "file"] as const;
const SOURCE: Reflection<(typeof SOURCES)[number] | undefined> = {
  read: (text) => readWord(text, { words: SOURCES, otherwise: undefined }),
  write: (source) => source,
};

/** Details of the events of {@linkcode HangPublishElement}. */
export interface HangPublishEvents {
  /** The state has changed. */
  readonly statechange: HangPublishState;
}

/** `<hang-publish>`, a publisher. */
export class HangPublishElement extends HangElement<HangPublishEvents> {
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
  /** The broadcast's path, as the attribute. */
  declare name: string;
  /** What is published, as the attribute; `undefined` lets the user choose. A screen needs a gesture of the user's. */
  declare source: "camera" | "screen" | "file" | undefined;
  /** Whether it is published without sound, as the attribute. */
  declare muted: boolean;
  /** Whether it is published without a picture, as the attribute. */
  declare invisible: boolean;
  readonly #view = new HangPublishView(this);
  readonly #name = this.attribute("name", TEXT.read);
  readonly #source = this.attribute("source", SOURCE.read);
  readonly #muted = this.attribute("muted", readFlag);
  readonly #invisible = this.attribute("invisible", readFlag);
  readonly #simulcast = this.attribute("simulcast", readSwitch);
  readonly #announce = this.attribute("announce", readAnnounce);
  readonly #preview = this.attribute("preview", readPreview);
  readonly #hasControls = this.attribute("controls", readSwitch);
  readonly #file = new Signal<Blob | undefined>(undefined);
  readonly #capture = new Signal<Capture | undefined>(undefined);
  readonly #publisher = new Signal<Publisher | undefined>(undefined);

  static {
    reflect(this, { name: TEXT, source: SOURCE, muted: FLAG, invisible: FLAG });
  }

  /** Use `document.createElement("hang-publish")` or HTML. */
  constructor() {
    super();
    this.#listen(this.#view);
  }

  /** The file that is published while the source is "file". */
  get file(): Blob | undefined {
    return this.#file.peek();
  }
  set file(value: Blob | undefined) {
    this.#file.set(value);
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

  /** The current numbers; `undefined` without a publisher. */
  get stats(): PublisherStats | undefined {
    return this.#publisher.peek()?.stats();
  }

  /** Publishes while the element is in a page. */
  protected override start(): readonly (() => void)[] {
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
    return [
      effect(() => this.#choose(capture)),
      effect(() => this.#publish(capture)),
      effect(() => this.#encode()),
      effect(() => {
        const { state } = this;
        display.show(state);
        this.tell(state);
      }),
      effect(() => {
        this.#view.bar.hidden = !this.#hasControls.get();
      }),
      () => display.close(),
      () => devices.close(),
      () => capture.close(),
      () => this.#capture.set(undefined),
    ];
  }

  #choose(capture: Capture): void {
    const source = this.#source.get();
    const file = this.#file.get();
    capture.source.set(source === "file" ? file : source);
    capture.muted.set(this.#muted.get());
    capture.invisible.set(this.#invisible.get());
  }

  #publish(capture: Capture): (() => void) | void {
    const url = this.relay.get();
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
    return holding(this.#publisher, publisher);
  }

  #encode(): void {
    const renditions = this.#simulcast.get() ? SIMULCAST : SINGLE;
    this.#publisher.get()?.renditions.set(renditions);
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
    const { panel, settings } = this.#view;
    pressKey(event, {
      m: () => this.muted = !this.muted,
      v: () => this.invisible = !this.invisible,
      ...(!panel.hidden && { Escape: () => settings.click() }),
    });
  }
}

function readAnnounce(text: string | null): "source" | "always" | "never" {
  return readWord(text, { words: ["always", "never"], otherwise: "source" });
}

function readPreview(text: string | null): boolean {
  return readWord(text, { words: ["none"], otherwise: "shown" }) === "shown";
}

define("hang-publish", HangPublishElement);
