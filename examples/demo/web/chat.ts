/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The demo's page for chat: a room, and the rooms there are.
 *
 * @module
 */
import { HangChatElement } from "@moq-deno/hang/ui/hang-chat";
import { find } from "./page.ts";
import { visitRooms } from "./room_page.ts";

const chat = find("chat", HangChatElement);
const title = document.title;

function showUnread(): void {
  document.title = chat.unread > 0 ? `(${chat.unread}) ${title}` : title;
}

chat.addEventListener("message", showUnread);
document.addEventListener("visibilitychange", () => setTimeout(showUnread));
await visitRooms(chat, "chat");
