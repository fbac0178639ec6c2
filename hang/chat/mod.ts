/**
 * Text chat: rooms, the people in them, and what they write. It runs wherever
 * lite does and needs no media. The element `<hang-chat>` of
 * `@moq-deno/hang/ui/hang-chat` is made of it.
 *
 * ```ts ignore
 * const { local, remote } = reconnect("https://relay.example");
 * const room = new ChatRoom({
 *   room: "lobby",
 *   name: "ada",
 *   user: { name: "Ada", color: "teal" },
 *   local: local.scope(),
 *   remote: remote.scope(),
 * });
 * room.send("hello");
 * for await (const { name, text } of room.read()) console.log(name, text);
 * ```
 *
 * @module
 */
export * from "./chat_room.ts";
export {
  ChatWriter,
  type ChatWriterOptions,
  FIRST_MESSAGE_MULTIPLE,
  MESSAGE_TRACK,
  type WrittenMessage,
} from "./chat_writer.ts";
export { TYPING_TRACK } from "../catalog/room.ts";
export { MESSAGE_RATE } from "./flow_limit.ts";
export type { ChatMember } from "./member.ts";
export {
  type ChatMessage,
  MAX_MESSAGE_BYTES,
  MAX_NAME_LENGTH,
} from "./message.ts";
