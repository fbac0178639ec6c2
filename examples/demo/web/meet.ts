/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The demo's page for meeting: everybody in a room, and the rooms there are.
 *
 * @module
 */
import { HangMeetElement } from "@moq-deno/hang/ui/hang-meet";
import { options } from "./address.ts";
import { find } from "./page.ts";
import { visitRooms } from "./room_page.ts";

const meet = find("meet", HangMeetElement);

for (const name of ["source", "layout", "chat", "muted"]) {
  const value = options().get(name);
  if (value !== null) meet.setAttribute(name, value);
}
await visitRooms(meet, "meet");
