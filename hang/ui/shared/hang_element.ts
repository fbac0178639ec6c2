/**
 * What the elements on a relay have in common: its URL, values of attributes
 * that can be watched, what runs while the element is in a page, and the event
 * that tells how it is doing.
 *
 * @module
 */
import { type ReadonlySignal, Signal } from "../../signals/signal.ts";
import { readUrl, urlProblem } from "./attributes.ts";
import { PageElement } from "./page_element.ts";
import { reflect, TEXT } from "./reflect.ts";

/** An element on a relay; `Events` has the details of its events by name. */
export class HangElement<Events = unknown> extends PageElement<Events> {
  /** The relay's URL, as the attribute. */
  declare url: string;
  readonly #changes: Map<string, (() => void)[]> = new Map();
  /** Where the relay is; `undefined` while the attribute makes no sense. */
  protected readonly relay: ReadonlySignal<string | undefined> = this.attribute(
    "url",
    (text) => relayOf(text, document.baseURI),
  );
  /** What to write instead in the attribute; `undefined` while it is right. */
  protected readonly relayProblem: ReadonlySignal<string | undefined> = this
    .attribute("url", (text) => urlProblem(text, document.baseURI));
  #stops: readonly (() => void)[] = [];
  #told = { kind: "", text: "" };

  static {
    reflect(this, { url: TEXT });
  }

  /** Called by the page. */
  attributeChangedCallback(name: string): void {
    for (const changed of this.#changes.get(name) ?? []) changed();
  }

  /** Called by the page. */
  connectedCallback(): void {
    this.#takeProperties();
    this.#stops = this.start();
  }

  /** Called by the page. */
  disconnectedCallback(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  /** Starts what runs while the element is in a page; the functions returned end it. */
  protected start(): readonly (() => void)[] {
    return [];
  }

  /** A value that follows the texts of attributes, which the class has to observe. */
  protected attribute<Value>(
    names: string | readonly string[],
    read: (...texts: (string | null)[]) => Value,
  ): ReadonlySignal<Value> {
    const all = [names].flat();
    const now = () => read(...all.map((name) => this.getAttribute(name)));
    const value = new Signal(now());
    for (const name of all) {
      const changed = this.#changes.get(name) ?? [];
      this.#changes.set(name, [...changed, () => value.set(now())]);
    }
    return value;
  }

  /** Sends `statechange` unless the page knows this state already; whether it did. */
  protected tell(
    state: { readonly kind: string; readonly text: string },
  ): boolean {
    const { kind, text } = this.#told;
    if (state.kind === kind && state.text === text) return false;
    this.#told = state;
    this.dispatchEvent(new CustomEvent("statechange", { detail: state }));
    return true;
  }

  /** What a page sets before the element is defined lies in front of the properties of the class. */
  #takeProperties(): void {
    const { prototype } = this.constructor;
    for (const [name, value] of Object.entries(this)) {
      if (!(name in prototype)) continue;
      Reflect.deleteProperty(this, name);
      Reflect.set(this, name, value);
    }
  }
}

function relayOf(text: string | null, base: string): string | undefined {
  const isRight = urlProblem(text, base) === undefined;
  return isRight ? readUrl(text, base)?.href : undefined;
}
