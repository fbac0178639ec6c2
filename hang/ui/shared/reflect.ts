/**
 * Properties of elements that are attributes: what is set is written there, what
 * is got is read there. The class declares them, with their words and types.
 *
 * @module
 */
import { readFlag } from "./attributes.ts";

/** A value as the text of an attribute. */
export interface Reflection<Value> {
  /** The value that a text means; `null` is no attribute. */
  read(text: string | null): Value;
  /** The text that means a value; `undefined` is no attribute. */
  write(value: Value): string | undefined;
}

/** Any text; empty where there is no attribute. */
export const TEXT: Reflection<string> = {
  read: (text) => text ?? "",
  write: (value) => value,
};

/** Any text; `undefined` where there is no attribute, or an empty one. */
export const OPTIONAL_TEXT: Reflection<string | undefined> = {
  read: (text) => text || undefined,
  write: (value) => value,
};

/** A boolean attribute. */
export const FLAG: Reflection<boolean> = {
  read: readFlag,
  write: (value) => value ? "" : undefined,
};

/** What is needed of an element. */
type Reflecting = Pick<
  Element,
  "getAttribute" | "setAttribute" | "removeAttribute"
>;

/** Defines properties of a class of elements over the attributes of the same names, `showStats` over `show-stats`. */
export function reflect<Element extends Reflecting>(
  { prototype }: { readonly prototype: Element },
  properties: { readonly [Name in keyof Element]?: Reflection<Element[Name]> },
): void {
  for (const [name, reflection] of Object.entries(properties)) {
    define(prototype, name, reflection as Reflection<unknown>);
  }
}

function define(
  prototype: Reflecting,
  name: string,
  { read, write }: Reflection<unknown>,
): void {
  const attribute = name.replace(/[A-Z]/g, "-$&").toLowerCase();
  Object.defineProperty(prototype, name, {
    get(this: Reflecting): unknown {
      return read(this.getAttribute(attribute));
    },
    set(this: Reflecting, value: unknown): void {
      const text = write(value);
      if (text === undefined) this.removeAttribute(attribute);
      else this.setAttribute(attribute, text);
    },
  });
}
