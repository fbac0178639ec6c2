/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What the demo's pages share: their elements, and how things are shown.
 *
 * @module
 */

/** The element with this id; throws `TypeError` when it is not there. */
export function find<T extends Element>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (element instanceof type) return element;
  throw new TypeError(`Expected a ${type.name} with the id ${id}, got none`);
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
