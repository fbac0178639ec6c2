/**
 * `<hang-chat>`: a room to write and read in. Importing this module defines the
 * element.
 *
 * ```html
 * <script type="module" src="https://…/hang_chat.js"></script>
 * <hang-chat url="https://relay.example/demo" room="lobby" name="ada" user="Ada"></hang-chat>
 * ```
 *
 * Attributes: `url` of the relay and `room`; `name`, the own path below the
 * room, without which one only reads; `user`, the name that others see; `color`.
 * Enter sends, Shift and Enter begin a line, Escape empties what was written.
 * Events: `statechange`, with the state as its `detail`, and `message` with
 * each new message of others. Parts: `list`, `message`, `author`, `time`,
 * `text`, `new`, `more`, `typing`, `status`, `form`, `input`, `send`. Slots:
 * `header` above the messages, `empty` while there are none.
 *
 * @module
 */
import { asMoqError } from "@moq-deno/lite/internal";
import { ChatRoom } from "../chat/chat_room.ts";
import type { ChatMessage } from "../chat/message.ts";
import { listening } from "../signals/dom.ts";
import { holding } from "../signals/lasting.ts";
import { effect, Signal } from "../signals/signal.ts";
import {
  shareConnection,
  type SharedConnection,
} from "../connection/relay_connection.ts";
import { readUser } from "./shared/attributes.ts";
import { HangChatList } from "./chat/chat_list.ts";
import {
  type HangChatState,
  hangChatStateOf,
  typingText,
} from "./chat/chat_state.ts";
import { HangChatView } from "./chat/chat_view.ts";
import { HangElement } from "./shared/hang_element.ts";
import { define } from "./shared/parts.ts";
import { reflect, TEXT } from "./shared/reflect.ts";

export { HangElement } from "./shared/hang_element.ts";
export { BaseElement, PageElement } from "./shared/page_element.ts";
export type { HangChatState } from "./chat/chat_state.ts";

/** Details of the events of {@linkcode HangChatElement}. */
export interface HangChatEvents {
  /** The state has changed. */
  readonly statechange: HangChatState;
  /** A new message of somebody else. */
  readonly message: ChatMessage;
}

/** `<hang-chat>`, a chat. */
export class HangChatElement extends HangElement<HangChatEvents> {
  /** Attributes that are watched. */
  static readonly observedAttributes: readonly string[] = [
    "url",
    "room",
    "name",
    "user",
    "color",
  ];
  /** Path of the room, as the attribute. */
  declare room: string;
  /** The own path below the room, as the attribute. */
  declare name: string;
  readonly #view = new HangChatView(this);
  readonly #list = new HangChatList(this.#view);
  readonly #room = this.attribute("room", TEXT.read);
  readonly #name = this.attribute("name", TEXT.read);
  readonly #user = this.attribute(["user", "color"], readUser);
  readonly #given = new Signal<ChatRoom | undefined>(undefined);
  readonly #chat = new Signal<ChatRoom | undefined>(undefined);
  readonly #shared = new Signal<SharedConnection | undefined>(undefined);
  readonly #problem = new Signal("");

  static {
    reflect(this, { room: TEXT, name: TEXT });
  }

  /** Use `document.createElement("hang-chat")` or HTML. */
  constructor() {
    super();
    this.#listen(this.#view);
  }

  /** The room behind it, while there is one. Set one that is open already to show that; it stays the caller's. */
  get chat(): ChatRoom | undefined {
    return this.#chat.peek();
  }
  set chat(value: ChatRoom | undefined) {
    this.#given.set(value);
  }

  /** Messages of others since the newest was last in sight. */
  get unread(): number {
    return this.#list.unread;
  }

  /** How it is doing. */
  get state(): HangChatState {
    const connection = this.#shared.get()?.status.get();
    const chat = this.#chat.get();
    return hangChatStateOf(chat && connection, chat?.name !== undefined);
  }

  /** Reads and writes while the element is in a page. */
  protected override start(): readonly (() => void)[] {
    const look = () => this.#list.look(this.#isSeen);
    return [
      listening(document, { visibilitychange: look }),
      listening(globalThis, { focus: look }),
      effect(() => this.#connect()),
      effect(() => this.#enter()),
      effect(() => this.#introduce()),
      effect(() => this.#showMessages()),
      effect(() => this.#showTyping()),
      effect(() => this.#showState()),
    ];
  }

  get #isSeen(): boolean {
    return !document.hidden;
  }

  #connect(): (() => void) | void {
    const url = this.relay.get();
    if (url === undefined) return;
    const shared = shareConnection(url, { role: "both" });
    this.#shared.set(shared);
    return () => {
      shared.release();
      this.#shared.set(undefined);
    };
  }

  #enter(): (() => void) | void {
    const given = this.#given.get();
    if (given) {
      this.#chat.set(given);
      return () => this.#chat.set(undefined);
    }
    const room = this.#room.get();
    const name = this.#name.get() || undefined;
    const shared = this.#shared.get();
    if (!shared || room === "") return;
    const local = shared.connection.local.scope();
    const remote = shared.connection.remote.scope();
    try {
      return holding(this.#chat, new ChatRoom({ room, name, local, remote }));
    } catch (error) {
      this.#problem.set(asMoqError(error).message);
    }
  }

  #introduce(): void {
    const chat = this.#chat.get();
    const user = this.#user.get();
    if (chat && !this.#given.get()) chat.user.set(user);
  }

  #showMessages(): void {
    const messages = this.#chat.get()?.messages() ?? [];
    const fresh = this.#list.show(messages, { isSeen: this.#isSeen });
    for (const detail of fresh) {
      this.dispatchEvent(new CustomEvent("message", { detail }));
    }
  }

  #showTyping(): void {
    const typing = this.#chat.get()?.members()
      .filter(({ isTyping }) => isTyping) ?? [];
    this.#view.typing.textContent = typingText(typing.map(({ name }) => name));
  }

  #showState(): void {
    const view = this.#view;
    const state = this.state;
    const problem = this.#problem.get();
    view.status.textContent = problem || state.text;
    view.status.hidden = view.status.textContent === "";
    const isBad = problem !== "" ||
      ["incomplete", "refused", "relay-gone"].includes(state.kind);
    view.status.classList.toggle("bad", isBad);
    view.form.hidden = this.#chat.get()?.name === undefined;
    this.#showSend();
    this.tell(state);
  }

  #showSend(): void {
    this.#view.send.disabled = this.#view.input.value.trim() === "";
  }

  #listen(view: HangChatView): void {
    view.list.addEventListener("scroll", () => this.#list.look(this.#isSeen));
    view.more.addEventListener("click", () => this.#list.goToEnd());
    view.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    view.input.addEventListener("input", () => this.#type());
    view.input.addEventListener("keydown", (event) => this.#onKey(event));
  }

  #type(): void {
    this.#problem.set("");
    this.#showSend();
    const isEmpty = this.#view.input.value.trim() === "";
    const chat = this.#chat.peek();
    if (isEmpty) chat?.rest();
    else chat?.type();
  }

  #onKey(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#send();
    } else if (event.key === "Escape") {
      this.#view.input.value = "";
      this.#type();
    }
  }

  #send(): void {
    const { input } = this.#view;
    if (input.value.trim() === "") return;
    try {
      this.#chat.peek()?.send(input.value);
      input.value = "";
      this.#problem.set("");
    } catch (error) {
      this.#problem.set(`Not sent. ${asMoqError(error).message}`);
    }
    this.#showSend();
    input.focus();
  }
}

define("hang-chat", HangChatElement);
