/**
 * The state of `<hang-chat>`, in one word and in one sentence, and the words
 * around its messages.
 *
 * @module
 */
import type { ConnectionStatus } from "@moq-deno/lite";
import { downStateOf } from "../../connection/connection_state.ts";

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

const HUES = 360;

/** The state over a connection, `undefined` without a url or a room; `canWrite` with a name to write under. */
export function hangChatStateOf(
  connection: ConnectionStatus | undefined,
  canWrite: boolean,
): HangChatState {
  if (!connection) {
    return { kind: "incomplete", text: "Set the url and room attributes" };
  }
  const down = downStateOf(
    connection,
    "No relay at the moment; your messages are sent when it is back",
  );
  if (down) return down;
  return canWrite
    ? { kind: "ready", text: "" }
    : { kind: "reading", text: "Read only" };
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
