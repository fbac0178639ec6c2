/**
 * `<hang-rooms>`: the rooms of a relay and who is in them, without a picture or
 * a sound being asked for. Importing this module defines the element.
 *
 * ```html
 * <script type="module" src="https://…/hang_rooms.js"></script>
 * <hang-rooms url="https://relay.example/demo"></hang-rooms>
 * ```
 *
 * Attributes: `url` of the relay; `prefix`, to show only the rooms below it;
 * `room`, the one that is marked. Events: `roomselect`, with the room's path as
 * its `detail`. Parts: `list`, `room`, `path`, `count`, `guest`, `status`.
 * Slot: `empty` while there is no room.
 *
 * @module
 */
import { type Room, type RoomGuest, RoomList } from "../meet/room_list.ts";
import { nameOf } from "../chat/message.ts";
import { effect, Signal } from "../signals/signal.ts";
import {
  shareConnection,
  type SharedConnection,
} from "../connection/relay_connection.ts";
import { hangChatStateOf, hueOf } from "./chat/chat_state.ts";
import { HangElement } from "./shared/hang_element.ts";
import { define, openShadow, part } from "./shared/parts.ts";
import { TEXT } from "./shared/reflect.ts";

export { HangElement } from "./shared/hang_element.ts";

const MAX_FACES = 6;
const STYLE = `
:host {
  --hang-foreground: #171b24; --hang-quiet: #5a6478; --hang-line: #dce1ea;
  --hang-accent: #1b5fd1; --hang-soft: #e6eefc; --hang-speaking: #18a35c;
  display: block; color: var(--hang-foreground); font: 15px/1.45 system-ui, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :host {
    --hang-foreground: #eef1f7; --hang-quiet: #98a3b8; --hang-line: #272d3a;
    --hang-accent: #7fb0ff; --hang-soft: #1c2a44; --hang-speaking: #46d68a;
  }
}
:host([hidden]), [hidden] { display: none !important; }
.list { display: grid; gap: 8px; margin: 0; padding: 0; list-style: none; }
.room {
  all: unset; box-sizing: border-box; width: 100%; cursor: pointer; padding: 10px 12px;
  border: 1px solid var(--hang-line); border-radius: 10px; display: grid; gap: 6px;
  grid-template-columns: minmax(0, 1fr) auto;
}
.room:hover, .room[aria-current=true] { background: var(--hang-soft); }
.room[aria-current=true] { border-color: var(--hang-accent); }
.room:focus-visible { outline: 2px solid var(--hang-accent); }
.path { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.count, .more, .status { color: var(--hang-quiet); font-size: 13px; margin: 0; }
.guests { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: center; font-size: 13px; }
.guest { display: inline-flex; gap: 5px; align-items: center; max-width: 100%; overflow-wrap: anywhere; }
.guest::before {
  content: ""; width: 10px; height: 10px; border-radius: 50%; flex: none;
  background: hsl(var(--hue) 55% 50%);
}
.guest.speaking::before { box-shadow: 0 0 0 3px var(--hang-speaking); }
.media { color: var(--hang-quiet); font-size: 12px; }
`;

/** Details of the events of {@linkcode HangRoomsElement}. */
export interface HangRoomsEvents {
  /** The user has chosen a room: its path. */
  readonly roomselect: string;
}

/** `<hang-rooms>`, a list of rooms. */
export class HangRoomsElement extends HangElement<HangRoomsEvents> {
  /** Attributes that are watched. */
  static readonly observedAttributes: readonly string[] = [
    "url",
    "prefix",
    "room",
  ];
  readonly #items: HTMLElement = part("ul", "list");
  readonly #status = part("p", "status", { role: "status" });
  readonly #prefix = this.attribute("prefix", TEXT.read);
  readonly #room = this.attribute("room", TEXT.read);
  readonly #shared = new Signal<SharedConnection | undefined>(undefined);
  readonly #rooms = new Signal<RoomList | undefined>(undefined);

  /** Use `document.createElement("hang-rooms")` or HTML. */
  constructor() {
    super();
    openShadow(this, STYLE).append(this.#items, this.#status);
  }

  /** The rooms as they are now. */
  get rooms(): readonly Room[] {
    return this.#rooms.peek()?.rooms() ?? [];
  }

  /** Follows the rooms while the element is in a page. */
  protected override start(): readonly (() => void)[] {
    return [
      effect(() => this.#follow()),
      effect(() => this.#show()),
    ];
  }

  #follow(): (() => void) | void {
    const url = this.relay.get();
    if (url === undefined) return;
    const shared = shareConnection(url, { role: "both" });
    const { local, remote } = shared.connection;
    const rooms = new RoomList({
      scope: remote.scope(),
      own: local.scope(),
      prefix: this.#prefix.get(),
    });
    this.#shared.set(shared);
    this.#rooms.set(rooms);
    return () => {
      rooms.close();
      shared.release();
      this.#rooms.set(undefined);
      this.#shared.set(undefined);
    };
  }

  #show(): void {
    const connection = this.#shared.get()?.status.get();
    const rooms = this.#rooms.get()?.rooms() ?? [];
    const current = this.#room.get();
    const focused = this.shadowRoot?.activeElement?.getAttribute("data-room");
    const shown = rooms.filter(({ path }) => path !== "");
    this.#items.replaceChildren(
      ...shown.map((room) => this.#item(room, current)),
    );
    if (focused !== null && focused !== undefined) {
      const selector = `[data-room="${CSS.escape(focused)}"]`;
      this.shadowRoot?.querySelector<HTMLElement>(selector)?.focus();
    }
    const { text } = hangChatStateOf(connection, true);
    this.#status.textContent = text || "No active rooms";
    this.#status.hidden = text === "" && shown.length > 0;
  }

  #item(room: Room, current: string): HTMLElement {
    const button = part("button", "room", {
      type: "button",
      "data-room": room.path,
      "aria-current": String(room.path === current),
    });
    const path = part("span", "path");
    path.textContent = room.path;
    const count = part("span", "count");
    count.textContent = `${room.count} ${
      room.count === 1 ? "person" : "people"
    }`;
    const guests = part("span", "guests");
    guests.append(...room.guests.slice(0, MAX_FACES).map(guestOf));
    if (room.count > MAX_FACES) {
      const more = part("span", "more");
      more.textContent = `and ${room.count - MAX_FACES} more`;
      guests.append(more);
    }
    button.append(path, count, guests);
    button.addEventListener("click", () => {
      this.dispatchEvent(new CustomEvent("roomselect", { detail: room.path }));
    });
    const item = document.createElement("li");
    item.append(button);
    return item;
  }
}

function guestOf(guest: RoomGuest): HTMLElement {
  const element = part("span", "guest");
  element.style.setProperty("--hue", String(hueOf(guest.path)));
  element.classList.toggle("speaking", guest.speaking ?? false);
  const media = part("span", "media");
  media.textContent = mediaText(guest);
  element.append(nameOf(guest.name, guest.path), media);
  return element;
}

function mediaText({ typing, screen, video, audio }: RoomGuest): string {
  if (typing) return "types";
  if (screen) return "shares a screen";
  if (video) return audio ? "camera" : "camera, muted";
  return audio ? "sound" : "";
}

define("hang-rooms", HangRoomsElement);
