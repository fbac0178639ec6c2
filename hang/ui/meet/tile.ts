/**
 * One person of `<hang-meet>`: the picture, or the first letter of the name
 * while there is none, and a label.
 *
 * @module
 */
import { colorOf, nameOf } from "../../chat/message.ts";
import type { User } from "../../catalog/room.ts";
import { hueOf } from "../chat/chat_state.ts";
import { setIcon } from "../shared/icons.ts";
import { part } from "../shared/parts.ts";

/** What a tile shows. */
export interface TileFacts {
  /** Path below the room. */
  readonly path: string;
  /** Who it is. */
  readonly user: User | undefined;
  /** Whether there is a picture. */
  readonly hasPicture: boolean;
  /** Whether there is sound. */
  readonly hasSound: boolean;
  /** Whether the person speaks. */
  readonly isSpeaking: boolean;
  /** What is to be said, for people; nothing while all is well. */
  readonly state: string;
}

/** Shows one person. */
export class MeetTile {
  /** To be put into the view. */
  readonly element: HTMLElement = part("div", "tile", { role: "listitem" });
  readonly #face = part("div", "face");
  readonly #letter = document.createElement("span");
  readonly #who = document.createElement("span");
  readonly #silent = document.createElement("span");
  readonly #state = part("p", "state");

  /** Shows `picture`, a canvas or a video. */
  constructor(picture: HTMLElement) {
    const label = part("div", "label");
    this.#who.className = "who";
    setIcon(this.#silent, "silent");
    this.#silent.style.display = "contents";
    label.append(this.#silent, this.#who);
    this.#face.append(this.#letter);
    this.element.append(picture, this.#face, this.#state, label);
  }

  /** Shows what is known now. */
  show(facts: TileFacts): void {
    const { path, user, state, hasSound } = facts;
    const name = nameOf(user?.name, path);
    this.element.dataset["path"] = path;
    this.element.classList.toggle("speaking", facts.isSpeaking);
    this.element.style.setProperty("--hue", String(hueOf(path)));
    const color = colorOf(user?.color);
    if (color) this.element.style.setProperty("--author", color);
    this.#face.hidden = facts.hasPicture;
    this.#letter.textContent = [...name][0]?.toUpperCase() ?? "";
    this.#who.textContent = name;
    this.#silent.hidden = hasSound;
    this.#silent.style.display = hasSound ? "none" : "contents";
    this.#state.textContent = state;
    this.#state.hidden = state === "";
    const words = [
      name,
      facts.hasPicture ? "" : "camera off",
      hasSound ? "" : "muted",
      state,
    ];
    this.element.setAttribute("aria-label", words.filter(Boolean).join(", "));
  }
}
