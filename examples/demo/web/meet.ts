/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The demo's page for meeting: everybody in a room, and the rooms there are.
 *
 * @module
 */
import { HangMeetElement } from "@moq-deno/hang/ui/hang-meet";
import { HangRoomsElement } from "@moq-deno/hang/ui/hang-rooms";
import {
  demoFacts,
  find,
  readVisit,
  showConnection,
  type Visit,
  writeVisit,
} from "./page.ts";

const meet = find("meet", HangMeetElement);
const rooms = find("rooms", HangRoomsElement);
const naming = find("naming", HTMLFormElement);
const user = find("user", HTMLInputElement);
const room = find("room", HTMLInputElement);
let visit = readVisit();

function go(to: Visit): void {
  visit = to;
  writeVisit(to);
  meet.room = to.room;
  meet.name = to.name;
  meet.setAttribute("user", to.user);
  rooms.setAttribute("room", to.room);
  user.value = to.user;
  room.value = to.room;
}

meet.addEventListener("statechange", () => {
  showConnection(meet.state.kind, "");
});
rooms.addEventListener("roomselect", (event) => {
  if (event instanceof CustomEvent) go({ ...visit, room: event.detail });
});
naming.addEventListener("submit", (event) => {
  event.preventDefault();
  go({ ...visit, user: user.value.trim(), room: room.value.trim() });
});
const said = new URLSearchParams(location.hash.slice(1));
for (const name of ["source", "layout", "chat", "muted"]) {
  const value = said.get(name);
  if (value !== null) meet.setAttribute(name, value);
}
go(visit);
const facts = await demoFacts();
meet.url = facts.relay;
rooms.setAttribute("url", facts.relay);
