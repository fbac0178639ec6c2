/**
 * `<hang-meet>`: everybody in a room, seen, heard and written to, over one
 * connection. Importing this module defines the element, and `<hang-chat>`.
 *
 * ```html
 * <script type="module" src="https://…/hang_meet.js"></script>
 * <hang-meet url="https://relay.example/demo" room="lobby" name="ada" user="Ada"></hang-meet>
 * ```
 *
 * Attributes: `url` of the relay and `room`; `name`, the own path below the
 * room, without which one only watches; `user` and `color`, as others see one;
 * `muted`, `invisible`; `source`, "camera", "screen" or "none"; `chat`, which
 * opens the chat; `layout`, "grid" or "window", where everybody is seen at a
 * place of their own and one drags oneself. M mutes, V switches the camera off
 * and on, C opens and closes the chat. At most 25 people are shown. Events:
 * `statechange`, with the state as its `detail`, and `peoplechange`. Parts:
 * `grid`, `tile`, `label`, `bar` and the buttons. Slots: `controls` in the bar.
 *
 * @module
 */
import { joinPath } from "@moq-deno/lite";
import type { Position, User } from "../catalog/room.ts";
import { gridOf, placeOf, positionAt, spreadOf } from "../meet/layout.ts";
import { RoomPaths } from "../meet/room_paths.ts";
import { effect, Signal } from "../signals/signal.ts";
import { shareConnection } from "../watch/relay_connection.ts";
import { readFlag, readUrl } from "./attributes.ts";
import { HangChatElement } from "./hang_chat.ts";
import { type HangChatState, hangChatStateOf } from "./hang_chat_state.ts";
import { MeetOwn } from "./hang_meet_own.ts";
import { MeetPerson } from "./hang_meet_person.ts";
import { buildView, type HangMeetView } from "./hang_meet_view.ts";
import { setIcon } from "./icons.ts";
import { setLabel } from "./parts.ts";

export type { HangChatState } from "./hang_chat_state.ts";
export type { MeetOwn, MeetOwnOptions } from "./hang_meet_own.ts";
export type { MeetPerson, MeetPersonOptions } from "./hang_meet_person.ts";
export type { MeetTile, TileFacts } from "./hang_meet_tile.ts";

const MAX_PEOPLE = 25;
const GAP_PX = 8;

type Source = "camera" | "screen" | undefined;

/** The element. */
export class HangMeetElement extends HTMLElement {
  /** Attributes that are watched. */
  static readonly observedAttributes: readonly string[] = [
    "url",
    "room",
    "name",
    "user",
    "color",
    "muted",
    "invisible",
    "source",
    "chat",
    "layout",
  ];
  readonly #view: HangMeetView;
  readonly #chatPanel = new HangChatElement();
  readonly #url = new Signal<string | undefined>(undefined);
  readonly #room = new Signal("");
  readonly #name = new Signal("");
  readonly #user = new Signal<User>({});
  readonly #muted = new Signal(false);
  readonly #invisible = new Signal(false);
  readonly #source = new Signal<Source>("camera");
  readonly #isChatOpen = new Signal(false);
  readonly #isWindow = new Signal(false);
  readonly #position = new Signal<Position>({ x: 0, y: 0, z: 1 });
  readonly #isVisible = new Signal(true);
  readonly #size = new Signal({ width: 0, height: 0 });
  readonly #state = new Signal<HangChatState>(
    hangChatStateOf({ connection: undefined, canWrite: true }),
  );
  readonly #own = new Signal<MeetOwn | undefined>(undefined);
  readonly #people = new Signal<readonly MeetPerson[]>([]);
  readonly #total = new Signal(0);
  #stops: readonly (() => void)[] = [];

  /** Use `document.createElement("hang-meet")` or HTML. */
  constructor() {
    super();
    this.#view = buildView(this.attachShadow({ mode: "open" }));
    this.#chatPanel.hidden = true;
    this.#view.main.append(this.#chatPanel);
    this.#listen(this.#view);
  }

  /** The relay's URL, as the attribute. */
  get url(): string {
    return this.getAttribute("url") ?? "";
  }
  set url(value: string) {
    this.setAttribute("url", value);
  }

  /** Path of the room, as the attribute. */
  get room(): string {
    return this.getAttribute("room") ?? "";
  }
  set room(value: string) {
    this.setAttribute("room", value);
  }

  /** The own path below the room, as the attribute. */
  get name(): string {
    return this.getAttribute("name") ?? "";
  }
  set name(value: string) {
    this.setAttribute("name", value);
  }

  /** Whether the microphone is off, as the attribute. */
  get muted(): boolean {
    return this.#muted.peek();
  }
  set muted(value: boolean) {
    this.toggleAttribute("muted", value);
  }

  /** Whether the camera is off, as the attribute. */
  get invisible(): boolean {
    return this.#invisible.peek();
  }
  set invisible(value: boolean) {
    this.toggleAttribute("invisible", value);
  }

  /** Oneself, while the element is in a page with a url, a room and a name. */
  get own(): MeetOwn | undefined {
    return this.#own.peek();
  }

  /** The others who are shown. */
  get people(): readonly MeetPerson[] {
    return this.#people.peek();
  }

  /** How the connection is doing. */
  get state(): HangChatState {
    return this.#state.peek();
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
      case "room":
        return this.#room.set(text ?? "");
      case "name":
        return this.#name.set(text ?? "");
      case "user":
      case "color":
        return this.#user.set(this.#readUser());
      case "muted":
        return this.#muted.set(readFlag(text));
      case "invisible":
        return this.#invisible.set(readFlag(text));
      case "source":
        return this.#source.set(readSource(text));
      case "chat":
        return this.#isChatOpen.set(readFlag(text));
      case "layout":
        return this.#isWindow.set(text?.trim().toLowerCase() === "window");
    }
  }

  /** Called by the page. */
  connectedCallback(): void {
    const observer = new ResizeObserver(() => this.#measure());
    observer.observe(this.#view.stage);
    const look = () => this.#isVisible.set(!document.hidden);
    document.addEventListener("visibilitychange", look);
    this.#stops = [
      () => observer.disconnect(),
      () => document.removeEventListener("visibilitychange", look),
      effect(() => this.#meet()),
      effect(() => this.#capture()),
      effect(() => this.#arrange()),
      effect(() => this.#showButtons()),
      effect(() => this.#showState()),
      effect(() => this.#showChat()),
    ];
  }

  /** Called by the page. */
  disconnectedCallback(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  #readUser(): User {
    const [name, color] = [
      this.getAttribute("user"),
      this.getAttribute("color"),
    ];
    return { ...(name && { name }), ...(color && { color }) };
  }

  #measure(): void {
    const { clientWidth: width, clientHeight: height } = this.#view.stage;
    this.#size.set({ width, height });
  }

  /** Everything that hangs on one relay and one room. */
  #meet(): (() => void) | void {
    const [url, room, name] = [
      this.#url.get(),
      this.#room.get(),
      this.#name.get(),
    ];
    if (url === undefined || room === "") return;
    const share = () => shareConnection(url, { role: "both" });
    const shared = share();
    const scope = shared.connection.remote.scope();
    const paths = new RoomPaths({ scope, room, own: name || undefined });
    const own = name === "" ? undefined : new MeetOwn({
      room,
      name,
      user: this.#user,
      position: this.#ownPosition(),
      shared: share(),
    });
    this.#own.set(own);
    if (own) this.#view.grid.prepend(own.tile.element);
    const people = new Map<string, MeetPerson>();
    const stops = [
      effect(() => {
        const now = paths.now.get();
        this.#total.set(now.length + (own ? 1 : 0));
        const shown = now.slice(0, MAX_PEOPLE - (own ? 1 : 0));
        for (const [path, person] of people) {
          if (shown.includes(path)) continue;
          person.close();
          people.delete(path);
        }
        for (const path of shown) {
          if (people.has(path)) continue;
          const person = new MeetPerson({
            path,
            name: joinPath(room, path),
            shared: share(),
            isVisible: this.#isVisible,
          });
          people.set(path, person);
          this.#view.grid.append(person.tile.element);
        }
        this.#people.set([...people.values()]);
        this.dispatchEvent(new CustomEvent("peoplechange"));
      }),
      effect(() => {
        const connection = shared.status.get();
        this.#state.set(hangChatStateOf({ connection, canWrite: true }));
      }),
    ];
    return () => {
      for (const stop of stops) stop();
      paths.close();
      for (const person of people.values()) person.close();
      this.#people.set([]);
      own?.close();
      this.#own.set(undefined);
      shared.release();
      this.#state.set(
        hangChatStateOf({ connection: undefined, canWrite: true }),
      );
    };
  }

  #ownPosition(): {
    get(): Position | undefined;
    peek(): Position | undefined;
  } {
    return {
      get: () => this.#isWindow.get() ? this.#position.get() : undefined,
      peek: () => this.#isWindow.peek() ? this.#position.peek() : undefined,
    };
  }

  #capture(): void {
    const capture = this.#own.get()?.capture;
    if (!capture) return;
    capture.source.set(this.#source.get());
    capture.muted.set(this.#muted.get());
    capture.invisible.set(this.#invisible.get());
  }

  #arrange(): void {
    const box = this.#size.get();
    const own = this.#own.get();
    const people = this.#people.get();
    const isWindow = this.#isWindow.get();
    this.#view.grid.classList.toggle("places", isWindow);
    const shown = [
      ...(own ? [{ tile: own.tile, at: this.#position.get() }] : []),
      ...people.map((person, index) => ({
        tile: person.tile,
        at: person.position() ?? spreadOf(index, people.length, box),
      })),
    ];
    const { tile: size } = gridOf(shown.length, box, { gapPx: GAP_PX });
    for (const { tile: { element: { style } }, at } of shown) {
      const place = isWindow
        ? placeOf(at, box)
        : { ...size, left: 0, top: 0, z: 0 };
      style.width = `${place.width}px`;
      style.height = `${place.height}px`;
      style.left = `${place.left}px`;
      style.top = `${place.top}px`;
      style.zIndex = String(place.z);
    }
  }

  #showButtons(): void {
    const view = this.#view;
    const [isMuted, isInvisible] = [this.#muted.get(), this.#invisible.get()];
    setIcon(view.mute, isMuted ? "silent" : "microphone");
    setLabel(view.mute, isMuted ? "Turn on the microphone" : "Mute");
    view.mute.setAttribute("aria-pressed", String(isMuted));
    setIcon(view.hide, isInvisible ? "invisible" : "camera");
    setLabel(view.hide, isInvisible ? "Turn on the camera" : "Camera off");
    view.hide.setAttribute("aria-pressed", String(isInvisible));
    const isScreen = this.#source.get() === "screen";
    setIcon(view.share, isScreen ? "camera" : "screen");
    setLabel(view.share, isScreen ? "Back to the camera" : "Share a screen");
    const hasOwn = this.#own.get() !== undefined;
    for (const button of [view.mute, view.hide, view.share, view.chat]) {
      button.hidden = !hasOwn;
    }
    const count = this.#total.get();
    const hidden = Math.max(0, count - MAX_PEOPLE);
    view.count.textContent = `${count} ${count === 1 ? "person" : "people"}${
      hidden > 0 ? `, ${MAX_PEOPLE} shown` : ""
    }`;
    view.unmute.hidden = !this.#people.get()
      .filter(({ player }) => player.soundBlocked()).length;
  }

  #showState(): void {
    const state = this.#state.get();
    this.#view.status.textContent = state.text;
    this.#view.status.hidden = state.text === "";
    this.dispatchEvent(new CustomEvent("statechange", { detail: state }));
  }

  #showChat(): void {
    const chat = this.#own.get()?.chat;
    const isOpen = this.#isChatOpen.get() && chat !== undefined;
    this.#chatPanel.chat = chat;
    this.#chatPanel.url = this.#url.get() ?? "";
    this.#chatPanel.hidden = !isOpen;
    this.#view.main.classList.toggle("chatting", isOpen);
    this.#view.chat.setAttribute("aria-pressed", String(isOpen));
    setLabel(this.#view.chat, isOpen ? "Close the chat" : "Open the chat");
    this.#showUnread();
  }

  #showUnread(): void {
    const { badge } = this.#view;
    const unread = this.#chatPanel.hidden ? this.#chatPanel.unread : 0;
    badge.hidden = unread === 0;
    badge.textContent = String(unread);
  }

  #listen(view: HangMeetView): void {
    view.mute.addEventListener("click", () => this.muted = !this.muted);
    view.hide.addEventListener("click", () => this.invisible = !this.invisible);
    view.share.addEventListener("click", () => {
      const isScreen = this.#source.peek() === "screen";
      this.setAttribute("source", isScreen ? "camera" : "screen");
    });
    view.chat.addEventListener("click", () => this.#toggleChat());
    this.#chatPanel.addEventListener("message", () => this.#showUnread());
    this.addEventListener("keydown", (event) => this.#onKey(event));
    view.grid.addEventListener("pointerdown", (event) => this.#grab(event));
  }

  #toggleChat(): void {
    this.toggleAttribute("chat", !this.#isChatOpen.peek());
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const [target] = event.composedPath();
    if (target instanceof HTMLTextAreaElement || !this.#own.peek()) return;
    switch (event.key) {
      case "m":
        this.muted = !this.muted;
        break;
      case "v":
        this.invisible = !this.invisible;
        break;
      case "c":
        this.#toggleChat();
        break;
      default:
        return;
    }
    event.preventDefault();
  }

  /** In a window one drags oneself. */
  #grab(event: PointerEvent): void {
    const element = this.#own.peek()?.tile.element;
    if (!element || !this.#isWindow.peek()) return;
    if (!event.composedPath().includes(element)) return;
    const box = this.#size.peek();
    const place = placeOf(this.#position.peek(), box);
    const [dx, dy] = [event.clientX - place.left, event.clientY - place.top];
    const move = ({ clientX, clientY }: PointerEvent): void => {
      const at = { left: clientX - dx, top: clientY - dy };
      const position = positionAt(at, place, box);
      this.#position.set({ ...this.#position.peek(), ...position });
    };
    element.setPointerCapture(event.pointerId);
    element.addEventListener("pointermove", move);
    const drop = () => element.removeEventListener("pointermove", move);
    element.addEventListener("lostpointercapture", drop, { once: true });
  }
}

function readSource(text: string | null): Source {
  switch (text?.trim().toLowerCase()) {
    case "screen":
      return "screen";
    case "none":
      return undefined;
    default:
      return "camera";
  }
}

if (!customElements.get("hang-meet")) {
  customElements.define("hang-meet", HangMeetElement);
}
