/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * "Live now": a link with a small picture for each broadcast.
 *
 * @module
 */
import { addressOf } from "./address.ts";
import { find } from "./page.ts";
import type { Thumbnails } from "./thumbnails.ts";

const MOST_SHOWN = 100;
// Two device pixels for each one of the page, which is enough for any screen.
const PICTURE = { width: 192, height: 108 };

interface Entry {
  readonly item: HTMLElement;
  readonly link: HTMLAnchorElement;
  readonly canvas: HTMLCanvasElement;
}

/** Options of {@linkcode BroadcastList}. */
export interface BroadcastListOptions {
  readonly thumbnails: Thumbnails;
  /** Is given the path that was chosen. */
  readonly onChoose: (path: string) => void;
}

/** The list `broadcasts` of the page. */
export class BroadcastList {
  readonly #list = find("broadcasts", HTMLUListElement);
  readonly #more = find("more", HTMLElement);
  readonly #options: BroadcastListOptions;
  readonly #entries: Map<string, Entry> = new Map();
  #current = "";

  constructor(options: BroadcastListOptions) {
    this.#options = options;
  }

  /** Shows `paths`; what is there already stays as it is. */
  show(paths: readonly string[]): void {
    const shown = paths.slice(0, MOST_SHOWN);
    const hidden = paths.length - shown.length;
    this.#more.hidden = hidden === 0;
    this.#more.textContent = `and ${hidden} more`;
    const wanted = new Set(shown);
    for (const [path, { item, canvas }] of this.#entries) {
      if (wanted.has(path)) continue;
      this.#options.thumbnails.remove(canvas);
      this.#entries.delete(path);
      item.remove();
    }
    for (const [index, path] of shown.entries()) {
      const { item } = this.#entries.get(path) ?? this.#add(path);
      const there = this.#list.children[index];
      if (there !== item) this.#list.insertBefore(item, there ?? null);
    }
    this.mark(this.#current);
  }

  /** Marks the one that is played. */
  mark(path: string): void {
    this.#current = path;
    for (const [name, { link }] of this.#entries) {
      link.ariaCurrent = String(name === path);
    }
  }

  #add(path: string): Entry {
    const canvas = document.createElement("canvas");
    canvas.width = PICTURE.width;
    canvas.height = PICTURE.height;
    canvas.ariaHidden = "true";
    const name = document.createElement("span");
    name.textContent = path;
    const link = document.createElement("a");
    link.href = addressOf("watch", path);
    link.append(canvas, name);
    link.addEventListener("click", (event) => {
      // With a key it is opened in a window or tab of its own.
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.#options.onChoose(path);
    });
    const item = document.createElement("li");
    item.append(link);
    const entry = { item, link, canvas };
    this.#entries.set(path, entry);
    this.#options.thumbnails.add(canvas, path);
    return entry;
  }
}
