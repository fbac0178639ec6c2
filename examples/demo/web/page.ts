/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What the demo's pages share: their elements, where the relay is, the address
 * line, and how things are shown.
 *
 * @module
 */

const PEOPLE = ["heron", "lynx", "otter", "robin", "tern", "wren"];

/** What the demo's server says. */
export interface DemoFacts {
  /** The relay's URL. */
  readonly relay: string;
}

/** Asks the demo's server. */
export async function demoFacts(): Promise<DemoFacts> {
  return await (await fetch("/demo.json")).json();
}

/** The element with this id; throws `TypeError` when it is not there. */
export function find<T extends Element>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (element instanceof type) return element;
  throw new TypeError(`Expected a ${type.name} with the id ${id}, got none`);
}

/** A name that nobody else is likely to have. */
export function someName(): string {
  const person = PEOPLE[Math.floor(Math.random() * PEOPLE.length)]!;
  return `${person}-${Math.floor(Math.random() * 1000)}`;
}

/** What the address line says, so that a reload shows the same. */
export function said(): URLSearchParams {
  return new URLSearchParams(location.hash.slice(1));
}

/** Puts values into the address line, beside those that are there. */
export function say(values: Readonly<Record<string, string>>): void {
  const all = said();
  for (const [key, value] of Object.entries(values)) all.set(key, value);
  history.replaceState(null, "", `#${all}`);
}

/** A rate for people. */
export function kilobits(bitsPerSecond: number): string {
  return `${Math.round(bitsPerSecond / 1000).toLocaleString("en")} kbit/s`;
}

/** Shows names and values in a list; rows that are there stay, so that nothing flickers. */
export function showRows(
  list: HTMLElement,
  rows: readonly (readonly [name: string, value: string])[],
): void {
  while (list.children.length < rows.length) {
    const row = document.createElement("div");
    row.append(document.createElement("dt"), document.createElement("dd"));
    list.append(row);
  }
  for (const [index, [name, value]] of rows.entries()) {
    const [term, detail] = list.children[index]!.children;
    term!.textContent = name;
    detail!.textContent = value;
  }
}

/** Shows how the connection of an element in this state is doing. */
export function showConnection(kind: string): void {
  const badge = find("connection", HTMLElement);
  const [state, text] = connectionOf(kind);
  badge.dataset["state"] = state;
  badge.textContent = text;
}

function connectionOf(kind: string): readonly [state: string, text: string] {
  switch (kind) {
    case "incomplete":
    case "connecting":
      return ["connecting", "Connecting"];
    case "relay-gone":
      return ["waiting", "Relay gone, trying again"];
    case "refused":
      return ["closed", "Disconnected"];
    default:
      return ["connected", "Connected"];
  }
}
