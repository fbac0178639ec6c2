/**
 * Greets people who say hello in a room.
 *
 *     deno run --allow-net examples/chat_bot.ts http://localhost:4443 lobby
 *
 * @module
 */
import { ChatRoom } from "@moq-deno/hang/chat";
import { reconnect } from "@moq-deno/lite/deno";

const [url = "http://localhost:4443", room = "lobby"] = Deno.args;
const connection = reconnect(url);
const chat = new ChatRoom({
  room,
  name: "bot",
  local: connection.local.scope(),
  remote: connection.remote.scope(),
});

for await (const { name, text, isOwn } of chat.read()) {
  if (!isOwn && /^(hello|hi)\b/i.test(text)) chat.send(`Hello, ${name}!`);
}
