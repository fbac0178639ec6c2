/**
 * `<hang-meet>`: a room with video, sound and chat over one connection.
 * Importing this module defines the element, and `<hang-chat>`.
 *
 * ```html
 * <script type="module" src="https://…/hang_meet.js"></script>
 * <hang-meet url="https://relay.example/demo" room="lobby" name="ada" user="Ada"></hang-meet>
 * ```
 *
 * Attributes: `url` of the relay and `room`; `name`, your path below the room,
 * without which you only watch; `user` and `color`, as others see you; `muted`,
 * `invisible`; `source`, "camera", "screen" or "none"; `chat`, which opens the
 * chat; `layout`, "grid" or "window", where each person has a place and you can
 * drag your own picture. M mutes, V switches the camera off and on, C opens and
 * closes the chat. At most 25 people are shown. Events: `statechange`, with the
 * state as its `detail`, and `peoplechange`. Parts: `grid`, `tile`, `label`,
 * `bar` and the buttons. Slots: `controls` in the bar.
 *
 * @module
 */
import { listening } from "../signals/dom.ts";
import { effect, Signal } from "../signals/signal.ts";
import { shareConnection } from "../connection/relay_connection.ts";
import { readFlag, readUser, readWord } from "./shared/attributes.ts";
import { HangChatElement } from "./hang_chat.ts";
import { type HangChatState, hangChatStateOf } from "./chat/chat_state.ts";
import { HangElement } from "./shared/hang_element.ts";
import { MeetOwn } from "./meet/own_camera.ts";
import { MeetPeople } from "./meet/people.ts";
import type { MeetPerson } from "./meet/person.ts";
import { MeetPlaces } from "./meet/places.ts";
import { HangMeetView } from "./meet/meet_view.ts";
import { setIcon } from "./shared/icons.ts";
import { pressKey } from "./shared/keys.ts";
import { define, setLabel } from "./shared/parts.ts";
import { FLAG, reflect, TEXT } from "./shared/reflect.ts";

export type { HangChatState } from "./chat/chat_state.ts";
export { HangElement } from "./shared/hang_element.ts";
export { BaseElement, PageElement } from "./shared/page_element.ts";
export type { MeetOwn, MeetOwnOptions } from "./meet/own_camera.ts";
export type { MeetPerson, MeetPersonOptions } from "./meet/person.ts";
export type { MeetTile, TileFacts } from "./meet/tile.ts";

const MAX_PEOPLE = 25;

/** Details of the events of {@linkcode HangMeetElement}. */
export interface HangMeetEvents {
  /** The state has changed. */
  readonly statechange: HangChatState;
  /** Somebody came, went or changed. */
  readonly peoplechange: null;
}

/** `<hang-meet>`, a meeting. */
export class HangMeetElement extends HangElement<HangMeetEvents> {
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
  /** Path of the room, as the attribute. */
  declare room: string;
  /** The own path below the room, as the attribute. */
  declare name: string;
  /** Whether the microphone is off, as the attribute. */
  declare muted: boolean;
  /** Whether the camera is off, as the attribute. */
  declare invisible: boolean;
  readonly #view = new HangMeetView(this);
  readonly #chatPanel = new HangChatElement();
  readonly #places: MeetPlaces;
  readonly #room = this.attribute("room", TEXT.read);
  readonly #name = this.attribute("name", TEXT.read);
  readonly #user = this.attribute(["user", "color"], readUser);
  readonly #muted = this.attribute("muted", readFlag);
  readonly #invisible = this.attribute("invisible", readFlag);
  readonly #source = this.attribute("source", readSource);
  readonly #isChatOpen = this.attribute("chat", readFlag);
  readonly #isWindow = this.attribute("layout", readIsWindow);
  readonly #isVisible = new Signal(true);
  readonly #own = new Signal<MeetOwn | undefined>(undefined);
  readonly #people = new Signal<MeetPeople | undefined>(undefined);

  static {
    reflect(this, { room: TEXT, name: TEXT, muted: FLAG, invisible: FLAG });
  }

  /** Use `document.createElement("hang-meet")` or HTML. */
  constructor() {
    super();
    this.#places = new MeetPlaces(this.#view, this.#isWindow);
    this.#chatPanel.hidden = true;
    this.#view.main.append(this.#chatPanel);
    this.#listen(this.#view);
  }

  /** Your own tile and publisher, while the element is in a page with a url, a room and a name. */
  get own(): MeetOwn | undefined {
    return this.#own.peek();
  }

  /** The others who are shown. */
  get people(): readonly MeetPerson[] {
    return this.#people.peek()?.shown.peek() ?? [];
  }

  /** How the connection is doing. */
  get state(): HangChatState {
    const connection = this.#people.get()?.shared.status.get();
    return hangChatStateOf(connection, true);
  }

  /** Takes part while the element is in a page. */
  protected override start(): readonly (() => void)[] {
    const look = () => this.#isVisible.set(!document.hidden);
    return [
      listening(document, { visibilitychange: look }),
      this.#places.watch(),
      effect(() => this.#meet()),
      effect(() => this.#capture()),
      effect(() => this.#arrange()),
      effect(() => this.#showBar()),
      effect(() => this.#showState()),
      effect(() => this.#showChat()),
      effect(() => this.#tellPeople()),
    ];
  }

  /** Everything that hangs on one relay and one room. */
  #meet(): (() => void) | void {
    const url = this.relay.get();
    const room = this.#room.get();
    const name = this.#name.get();
    if (url === undefined || room === "") return;
    const own = name === "" ? undefined : new MeetOwn({
      room,
      name,
      user: this.#user,
      position: this.#places.own,
      shared: shareConnection(url, { role: "both" }),
    });
    if (own) this.#view.grid.prepend(own.tile.element);
    const people = new MeetPeople({
      url,
      room,
      own: name || undefined,
      most: MAX_PEOPLE - (own ? 1 : 0),
      grid: this.#view.grid,
      isVisible: this.#isVisible,
    });
    this.#own.set(own);
    this.#people.set(people);
    return () => {
      people.close();
      own?.close();
      this.#people.set(undefined);
      this.#own.set(undefined);
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
    const people = this.#people.get()?.shown.get() ?? [];
    this.#places.arrange(this.#own.get()?.tile.element, people);
  }

  #showBar(): void {
    const { mute, hide, share, chat, count, unmute } = this.#view;
    const isInside = this.#own.get() !== undefined;
    for (const button of [mute, hide, share, chat]) button.hidden = !isInside;
    const isMuted = this.#muted.get();
    setIcon(mute, isMuted ? "silent" : "microphone");
    setLabel(mute, isMuted ? "Turn on the microphone" : "Mute");
    mute.setAttribute("aria-pressed", String(isMuted));
    const isInvisible = this.#invisible.get();
    setIcon(hide, isInvisible ? "invisible" : "camera");
    setLabel(hide, isInvisible ? "Turn on the camera" : "Camera off");
    hide.setAttribute("aria-pressed", String(isInvisible));
    const isScreen = this.#source.get() === "screen";
    setIcon(share, isScreen ? "camera" : "screen");
    setLabel(share, isScreen ? "Back to the camera" : "Share a screen");
    const people = this.#people.get();
    count.textContent = countText((people?.count() ?? 0) + Number(isInside));
    const shown = people?.shown.get() ?? [];
    unmute.hidden = !shown.some(({ player }) => player.soundBlocked());
  }

  #showState(): void {
    const { state } = this;
    this.#view.status.textContent = state.text;
    this.#view.status.hidden = state.text === "";
    this.tell(state);
  }

  #showChat(): void {
    const chat = this.#own.get()?.chat;
    const isOpen = this.#isChatOpen.get() && chat !== undefined;
    this.#chatPanel.chat = chat;
    this.#chatPanel.url = this.relay.get() ?? "";
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

  #tellPeople(): void {
    const people = this.#people.get();
    if (!people) return;
    people.shown.get();
    this.dispatchEvent(new CustomEvent("peoplechange"));
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
    view.grid.addEventListener("pointerdown", (event) => {
      const tile = this.#own.peek()?.tile.element;
      if (tile) this.#places.grab(event, tile);
    });
  }

  #toggleChat(): void {
    if (this.#isChatOpen.peek()) this.removeAttribute("chat");
    else this.setAttribute("chat", "");
  }

  #onKey(event: KeyboardEvent): void {
    if (!this.#own.peek()) return;
    pressKey(event, {
      m: () => this.muted = !this.muted,
      v: () => this.invisible = !this.invisible,
      c: () => this.#toggleChat(),
    });
  }
}

function countText(count: number): string {
  const people = `${count} ${count === 1 ? "person" : "people"}`;
  return count > MAX_PEOPLE ? `${people}, ${MAX_PEOPLE} shown` : people;
}

function readSource(text: string | null): "camera" | "screen" | undefined {
  const words = ["camera", "screen", "none"] as const;
  const word = readWord(text, { words, otherwise: "camera" as const });
  return word === "none" ? undefined : word;
}

function readIsWindow(text: string | null): boolean {
  return readWord(text, { words: ["window"], otherwise: "grid" }) === "window";
}

define("hang-meet", HangMeetElement);
