/**
 * What the views of elements are made of.
 *
 * @module
 */
import { type IconName, setIcon } from "./icons.ts";

/** An element that pages can style by its name, as class and as part. */
export function part<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  name: string,
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  element.className = name;
  element.setAttribute("part", name);
  return element;
}

/** A button with a picture. */
export function iconButton(name: string, icon: IconName): HTMLButtonElement {
  const button = part("button", name);
  button.type = "button";
  setIcon(button, icon);
  return button;
}

/** Says what a button does, to those who see it and to those who do not. */
export function setLabel(button: HTMLElement, text: string): void {
  button.setAttribute("aria-label", text);
  button.title = text;
}
