/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What the demo's pages share: their elements, where the relay is, and who is
 * in front of the page.
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

/** Who writes where, out of the address line, so that a reload is the same person. */
export interface Visit {
  /** The room. */
  readonly room: string;
  /** The path below the room. */
  readonly name: string;
  /** The name for people. */
  readonly user: string;
}

/** The visit that the address line says; what it does not say is made up and written there. */
export function readVisit(): Visit {
  const said = new URLSearchParams(location.hash.slice(1));
  const person = PEOPLE[Math.floor(Math.random() * PEOPLE.length)]!;
  const made = `${person}-${Math.floor(Math.random() * 1000)}`;
  const name = said.get("name") || made;
  const visit = {
    room: said.get("room") || "room/lobby",
    name,
    user: said.get("user") || name,
  };
  writeVisit(visit);
  return visit;
}

/** Puts a visit into the address line. */
export function writeVisit({ room, name, user }: Visit): void {
  const said = new URLSearchParams(location.hash.slice(1));
  for (const [key, value] of Object.entries({ room, name, user })) {
    said.set(key, value);
  }
  history.replaceState(null, "", `#${said}`);
}

/** Shows how the connection is doing. */
export function showConnection(kind: string, text: string): void {
  const badge = find("connection", HTMLElement);
  const isGone = ["relay-gone", "refused", "incomplete"].includes(kind);
  badge.dataset["state"] = isGone
    ? "closed"
    : kind === "connecting"
    ? "connecting"
    : "connected";
  badge.textContent = isGone ? "Disconnected" : text || "Connected";
}
