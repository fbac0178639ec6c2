/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What the room pages share: the person's name, the room, and the list of rooms.
 * The address holds only the room, so a shared link never passes on a name.
 *
 * @module
 */
import { HangRoomsElement } from "@moq-deno/hang/ui/hang-rooms";
import { addressOf, goTo, nameInAddress, options } from "./address.ts";
import { offerLink } from "./copy_link.ts";
import { keepName, ownName } from "./identity.ts";
import { demoFacts } from "./facts.ts";
import { find, showConnection } from "./page.ts";

const LOBBY = "room/lobby";
const USER_KEY = "user";

/** An element that takes part in a room. */
interface RoomElement extends HTMLElement {
  url: string;
  room: string;
  name: string;
  readonly state: { readonly kind: string };
}

/** Lets `element` take part in the room that the address says; from then on in the one that is chosen. */
export async function visitRooms(
  element: RoomElement,
  page: "meet" | "chat",
): Promise<void> {
  const rooms = find("rooms", HangRoomsElement);
  const naming = find("naming", HTMLFormElement);
  const user = find("user", HTMLInputElement);
  const room = find("room", HTMLInputElement);
  const enter = (): void => {
    element.room = nameInAddress() || LOBBY;
    rooms.setAttribute("room", element.room);
    room.value = element.room;
  };
  const go = (to: string): void => {
    goTo(addressOf(page, to));
    enter();
  };
  const call = (name: string): void => {
    element.setAttribute("user", name);
    user.value = name;
  };
  element.addEventListener("statechange", () => {
    showConnection(element.state.kind);
  });
  rooms.addEventListener("roomselect", (event) => {
    if (event instanceof CustomEvent) go(event.detail);
  });
  naming.addEventListener("submit", (event) => {
    event.preventDefault();
    call(user.value.trim());
    localStorage.setItem(USER_KEY, element.getAttribute("user") ?? "");
    go(room.value.trim() || LOBBY);
  });
  addEventListener("popstate", enter);
  element.name = await nameOfVisitor();
  call(
    options().get("user") || localStorage.getItem(USER_KEY) || element.name,
  );
  enter();
  const facts = await demoFacts();
  offerLink(facts, () => addressOf(page, element.room));
  element.url = facts.relay;
  rooms.url = facts.relay;
}

/** The path below the room: this window's own, or the one that the address insists on. */
async function nameOfVisitor(): Promise<string> {
  const option = options().get("name");
  if (option === null) return await ownName("room");
  await keepName("room", option);
  return option;
}
