/**
 * What the views of elements are made of.
 *
 * @module
 */
import { type IconName, setIcon, setIconPath } from "./icons.ts";

/** The inside of an element, with a style of its own. */
export function openShadow(host: HTMLElement, style: string): ShadowRoot {
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  shadow.adoptedStyleSheets = [sheet];
  return shadow;
}

/** A place for what a page puts into an element. */
export function slot(name?: string): HTMLSlotElement {
  const element = document.createElement("slot");
  if (name !== undefined) element.name = name;
  return element;
}

/** An element that pages can style by its name, as class and as part. */
export function part<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  name: string,
  attributes: Readonly<Record<string, string>> = {},
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  element.className = name;
  for (const entry of Object.entries({ part: name, ...attributes })) {
    element.setAttribute(...entry);
  }
  return element;
}

/** A button with a picture, and with a text where one is given. */
export function iconButton(
  name: string,
  icon: IconName,
  text = "",
): HTMLButtonElement {
  const button = part("button", name, { type: "button" });
  setIcon(button, icon);
  if (text !== "") button.append(text);
  return button;
}

/** As {@linkcode iconButton}, for the path of an icon. */
export function pathButton(
  name: string,
  path: string,
  text = "",
): HTMLButtonElement {
  const button = part("button", name, { type: "button" });
  setIconPath(button, path);
  if (text !== "") button.append(text);
  return button;
}

/** A control behind the text that names it. */
export function labelled(
  text: string,
  control: HTMLElement,
): HTMLLabelElement {
  const label = document.createElement("label");
  label.append(text, control);
  return label;
}

/** Says what a button does, to those who see it and to those who do not. */
export function setLabel(button: HTMLElement, text: string): void {
  button.setAttribute("aria-label", text);
  button.title = text;
}

/** Defines an element unless the page has one of that name, or there is no page. */
export function define(
  name: string,
  element: CustomElementConstructor,
): void {
  const registry = globalThis.customElements as
    | CustomElementRegistry
    | undefined;
  if (!registry?.get(name)) registry?.define(name, element);
}
