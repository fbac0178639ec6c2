/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What the pages of rooms share: who is in front of the page, which room it is,
 * and the rooms there are.
 *
 * @module
 */
import { HangRoomsElement } from "@moq-deno/hang/ui/hang-rooms";
import {
  demoFacts,
  find,
  said,
  say,
  showConnection,
  someName,
} from "./page.ts";

/** An element that takes part in a room. */
interface RoomElement extends HTMLElement {
  url: string;
  room: string;
  name: string;
  readonly state: { readonly kind: string };
}

/** Who is where, out of the address line, so that a reload is the same person. */
interface Visit {
  readonly room: string;
  /** The path below the room. */
  readonly name: string;
  /** The name for people. */
  readonly user: string;
}

/** Lets `element` take part in the room that the address line says; from then on in the one that is chosen. */
export async function visitRooms(element: RoomElement): Promise<void> {
  const rooms = find("rooms", HangRoomsElement);
  const naming = find("naming", HTMLFormElement);
  const user = find("user", HTMLInputElement);
  const room = find("room", HTMLInputElement);
  let visit = readVisit();
  const go = (to: Visit): void => {
    visit = to;
    say({ ...to });
    element.room = to.room;
    element.name = to.name;
    element.setAttribute("user", to.user);
    rooms.setAttribute("room", to.room);
    user.value = to.user;
    room.value = to.room;
  };
  element.addEventListener("statechange", () => {
    showConnection(element.state.kind);
  });
  rooms.addEventListener("roomselect", (event) => {
    if (event instanceof CustomEvent) go({ ...visit, room: event.detail });
  });
  naming.addEventListener("submit", (event) => {
    event.preventDefault();
    go({ ...visit, user: user.value.trim(), room: room.value.trim() });
  });
  go(visit);
  const { relay } = await demoFacts();
  element.url = relay;
  rooms.url = relay;
}

/** What the address line does not say is made up. */
function readVisit(): Visit {
  const name = said().get("name") || someName();
  return {
    room: said().get("room") || "room/lobby",
    name,
    user: said().get("user") || name,
  };
}
