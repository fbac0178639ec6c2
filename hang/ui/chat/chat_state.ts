/**
 * What `<hang-chat>` says besides the messages, in one word and in one
 * sentence, and the words around them.
 *
 * @module
 */
import type { ConnectionStatus } from "@moq-deno/lite";

/** How the element is doing. */
export interface HangChatState {
  /** For programs. */
  readonly kind:
    | "incomplete"
    | "connecting"
    | "relay-gone"
    | "refused"
    | "reading"
    | "ready";
  /** For people; nothing while everything is as it should be. */
  readonly text: string;
}

/** What is known. */
export interface HangChatFacts {
  /** The connection; `undefined` while the element has no url or no room. */
  readonly connection: ConnectionStatus | undefined;
  /** Whether there is a name to write under. */
  readonly canWrite: boolean;
}

// What is taken apart by it is the same for everybody.
const HUES = 360;

/** The state that the facts make. */
export function hangChatStateOf(
  { connection, canWrite }: HangChatFacts,
): HangChatState {
  if (!connection) {
    return {
      kind: "incomplete",
      text: "Nowhere to write to: the element needs a url and a room",
    };
  }
  switch (connection.state) {
    case "closed":
      return {
        kind: "refused",
        text: `The relay does not let us in: ${
          connection.error?.message ?? "the connection was closed"
        }`,
      };
    case "waiting":
      return {
        kind: "relay-gone",
        text: "No relay now. What you write is sent when it is back",
      };
    case "connecting":
      return connection.attempt > 1
        ? {
          kind: "relay-gone",
          text: "No relay now. What you write is sent when it is back",
        }
        : { kind: "connecting", text: "Connecting to the relay" };
    case "connected":
      return canWrite
        ? { kind: "ready", text: "" }
        : { kind: "reading", text: "You are only reading" };
  }
}

/** Who types, in one line. */
export function typingText(names: readonly string[]): string {
  const [first, second] = names;
  if (first === undefined) return "";
  if (second === undefined) return `${first} is typing`;
  return names.length === 2
    ? `${first} and ${second} are typing`
    : `${names.length} people are typing`;
}

/** A hue from 0 to 359, always the same for the same path. */
export function hueOf(path: string): number {
  let hash = 7;
  for (const character of path) {
    hash = (hash * 31 + character.codePointAt(0)!) % 1_000_003;
  }
  return hash % HUES;
}
