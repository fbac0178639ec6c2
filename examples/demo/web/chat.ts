/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The demo's page for chat: a room, and the rooms there are.
 *
 * @module
 */
import { HangChatElement } from "@moq-deno/hang/ui/hang-chat";
import { HangRoomsElement } from "@moq-deno/hang/ui/hang-rooms";
import {
  demoFacts,
  find,
  readVisit,
  showConnection,
  type Visit,
  writeVisit,
} from "./page.ts";

const chat = find("chat", HangChatElement);
const rooms = find("rooms", HangRoomsElement);
const naming = find("naming", HTMLFormElement);
const user = find("user", HTMLInputElement);
const room = find("room", HTMLInputElement);
const title = document.title;
let visit = readVisit();

function go(to: Visit): void {
  visit = to;
  writeVisit(to);
  chat.room = to.room;
  chat.name = to.name;
  chat.setAttribute("user", to.user);
  rooms.setAttribute("room", to.room);
  user.value = to.user;
  room.value = to.room;
}

function showUnread(): void {
  document.title = chat.unread > 0 ? `(${chat.unread}) ${title}` : title;
}

chat.addEventListener("statechange", () => {
  showConnection(chat.state.kind, "");
});
chat.addEventListener("message", showUnread);
document.addEventListener("visibilitychange", () => setTimeout(showUnread));
rooms.addEventListener("roomselect", (event) => {
  if (event instanceof CustomEvent) go({ ...visit, room: event.detail });
});
naming.addEventListener("submit", (event) => {
  event.preventDefault();
  go({ ...visit, user: user.value.trim(), room: room.value.trim() });
});
go(visit);
const facts = await demoFacts();
chat.url = facts.relay;
rooms.setAttribute("url", facts.relay);
