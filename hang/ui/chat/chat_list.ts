/**
 * The messages of `<hang-chat>` as elements: what is there already stays, the
 * newest is in sight unless the reader looks at older ones, and a line shows
 * where the unread begin.
 *
 * @module
 */
import type { ChatMessage } from "../../chat/message.ts";
import { hueOf } from "./chat_state.ts";
import type { HangChatView } from "./chat_view.ts";
import { part } from "../shared/parts.ts";

const NEAR_END_PX = 48;
// Within this time messages of one person stand together.
const TOGETHER_MS = 5 * 60_000;

/** Keeps the list as it has to be. */
export class HangChatList {
  readonly #view: HangChatView;
  readonly #shown: Map<string, HTMLElement> = new Map();
  readonly #marker = part("div", "new", { role: "separator" });
  readonly #unread: Set<string> = new Set();
  #isFollowing = true;
  #hasShown = false;

  /** Fills `view.list`. */
  constructor(view: HangChatView) {
    this.#view = view;
    this.#marker.textContent = "New";
  }

  /** How many messages of others came since the reader last saw the newest. */
  get unread(): number {
    return this.#unread.size;
  }

  /** Shows these messages and gives those of others that are new. */
  show(
    messages: readonly ChatMessage[],
    { isSeen }: { readonly isSeen: boolean },
  ): readonly ChatMessage[] {
    const { list, empty } = this.#view;
    const wanted = new Set(messages.map(({ id }) => id));
    for (const [id, element] of this.#shown) {
      if (wanted.has(id)) continue;
      element.remove();
      this.#shown.delete(id);
      this.#unread.delete(id);
    }
    const fresh = messages.filter(({ id }) => !this.#shown.has(id));
    // What was written before joining is not new.
    const isFirst = !this.#hasShown;
    this.#hasShown = true;
    let before: ChatMessage | undefined;
    let after: Element = empty;
    for (const message of messages) {
      const element = this.#shown.get(message.id) ?? build(message);
      this.#shown.set(message.id, element);
      element.classList.toggle("joined", isTogether(before, message));
      if (this.#next(after) !== element) after.after(element);
      [before, after] = [message, element];
    }
    empty.hidden = messages.length > 0;
    const others = isFirst ? [] : fresh.filter(({ isOwn }) => !isOwn);
    const wrote = fresh.some(({ isOwn }) => isOwn);
    if (wrote) this.#isFollowing = true;
    for (const { id } of others) this.#unread.add(id);
    if (wrote || (isSeen && this.#isFollowing)) this.#unread.clear();
    this.#mark(messages);
    if (this.#isFollowing) list.scrollTop = list.scrollHeight;
    this.#showMore();
    return others;
  }

  /** The reader has scrolled, or looks at the page again. */
  look(isSeen: boolean): void {
    const { list } = this.#view;
    const below = list.scrollHeight - list.scrollTop - list.clientHeight;
    this.#isFollowing = below < NEAR_END_PX;
    if (isSeen && this.#isFollowing) this.#unread.clear();
    this.#showMore();
  }

  /** Goes to the newest. */
  goToEnd(): void {
    const { list } = this.#view;
    this.#isFollowing = true;
    this.#unread.clear();
    list.scrollTop = list.scrollHeight;
    this.#showMore();
  }

  #next(element: Element): Element | null {
    const next = element.nextElementSibling;
    return next === this.#marker ? next.nextElementSibling : next;
  }

  /** The marker stays where it is once it was read, until there is something new. */
  #mark(messages: readonly ChatMessage[]): void {
    const first = messages.find(({ id }) => this.#unread.has(id));
    if (first) {
      const element = this.#shown.get(first.id);
      element?.classList.remove("joined");
      if (element?.previousElementSibling !== this.#marker) {
        element?.before(this.#marker);
      }
    } else if (this.#isFollowing) this.#marker.remove();
  }

  #showMore(): void {
    const { more } = this.#view;
    const count = this.#unread.size;
    more.hidden = this.#isFollowing;
    more.textContent = count > 0
      ? `${count} new ${count === 1 ? "message" : "messages"}`
      : "Newest";
  }
}

function isTogether(
  before: ChatMessage | undefined,
  message: ChatMessage,
): boolean {
  return before?.path === message.path && before.name === message.name &&
    message.timeMs - before.timeMs < TOGETHER_MS;
}

function build(message: ChatMessage): HTMLElement {
  const author = part("span", "author");
  author.textContent = message.isOwn ? "You" : message.name;
  const time = part("time", "time");
  const date = new Date(message.timeMs);
  time.dateTime = date.toISOString();
  time.title = date.toLocaleString();
  time.textContent = date.toLocaleTimeString([], {
    hour: "2-digit",
    minute: "2-digit",
  });
  const head = part("div", "head");
  head.append(author, time);
  const text = part("p", "text");
  text.textContent = message.text;
  const element = part("div", "message");
  element.classList.toggle("own", message.isOwn);
  element.style.setProperty("--hue", String(hueOf(message.path)));
  if (message.color) element.style.setProperty("--author", message.color);
  element.append(head, text);
  return element;
}
