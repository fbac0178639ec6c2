/**
 * `chat`: a person in a room who writes and reads. The room is the path before
 * the person's name.
 *
 * @module
 */
import { messageOf } from "@moq-deno/lite/internal";
import { ChatRoom } from "../chat/chat_room.ts";
import { command, EXAMPLE_RELAY, RELAY, type RelayValues } from "./command.ts";
import { needed } from "./command_line.ts";
import { publishedName } from "./options.ts";
import { openRelay } from "./relay.ts";
import { print, printable, say } from "./terminal.ts";

// Longer than any message; the rest of such a line is refused with it.
const MAX_LINE_LENGTH = 8192;

/** Publishes each line of standard input and prints what the others in the room write, until the input and the time end. */
export const chat = command({
  name: "chat",
  summary: "Write and read in a chat room",
  rows: {
    ...RELAY,
    name: needed("--name ROOM/PERSON", {
      read: publishedName,
      help: "path of the room, and your name in it",
    }),
  },
  examples: [`hang chat ${EXAMPLE_RELAY} --name lobby/ada`],
  run: talk,
});

async function talk(
  args: RelayValues & { readonly name: string },
  signal: AbortSignal,
): Promise<void> {
  const slash = args.name.lastIndexOf("/");
  const path = args.name.slice(0, Math.max(0, slash));
  const person = args.name.slice(slash + 1);
  await using relay = await openRelay(args, { role: undefined, signal });
  const { connection } = relay;
  const room = new ChatRoom({
    room: path,
    name: person,
    user: { name: person },
    local: connection.local.scope(),
    remote: connection.remote.scope(),
  });
  try {
    say(`in ${JSON.stringify(path)} as ${person}; Ctrl-C leaves\n`);
    // Not awaited: after Ctrl-C a terminal delivers nothing more. What fails in there is said there.
    void sendLines(room, signal);
    for await (const { name, text, isOwn } of room.read(relay.signal)) {
      if (!isOwn) print(`${printable(name)}: ${printable(text)}\n`);
    }
    await relay.check();
  } finally {
    room.close();
  }
}

async function sendLines(room: ChatRoom, signal: AbortSignal): Promise<void> {
  let text = "";
  const decoder = new TextDecoder();
  try {
    for await (const chunk of Deno.stdin.readable) {
      const lines = (text + decoder.decode(chunk, { stream: true })).split(
        "\n",
      );
      text = lines.pop()!.slice(0, MAX_LINE_LENGTH);
      for (const line of lines) send(room, line);
      if (signal.aborted) return;
    }
  } catch (error) {
    say(`no more is read: ${messageOf(error)}\n`);
  }
}

function send(room: ChatRoom, line: string): void {
  if (line.trim() === "") return;
  try {
    room.send(line);
  } catch (error) {
    say(`not sent: ${messageOf(error)}\n`);
  }
}
