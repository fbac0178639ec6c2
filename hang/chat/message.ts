/**
 * What a chat message is: plain text within bounds, from any writer.
 *
 * @module
 */

/** Most bytes of a message in UTF-8; what is longer is cut where it is read and refused where it is written. */
export const MAX_MESSAGE_BYTES = 4096;
/** Most characters of a name. */
export const MAX_NAME_LENGTH = 64;

/** A message as it is shown. */
export interface ChatMessage {
  /** Unlike that of every other message in the room. */
  readonly id: string;
  /** The writer's path below the room. */
  readonly path: string;
  /** The writer's name at that time. */
  readonly name: string;
  /** The writer's CSS colour, if any. */
  readonly color: string | undefined;
  /** Plain text in one or more lines, never HTML. */
  readonly text: string;
  /** When it was written, in milliseconds since 1970; never later than when it came. */
  readonly timeMs: number;
  /** Whether it was written here. */
  readonly isOwn: boolean;
}

// Control characters but for the line feed, and what turns the direction of everything that follows.
const UNWANTED = /[\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu;
const COLOR = /^(?:#[0-9a-f]{3,8}|[a-z]{3,24})$/i;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** The text of a payload, cut to {@linkcode MAX_MESSAGE_BYTES}, without what could steer a terminal or turn other text around. */
export function messageText(payload: Uint8Array): string {
  const lines = decoder.decode(payload.subarray(0, MAX_MESSAGE_BYTES))
    .replaceAll("\r\n", "\n").split("\n");
  return lines.map((line) => line.replaceAll(UNWANTED, " ")).join("\n").trim();
}

/** The payload of a message; throws `RangeError` when there is nothing in it or too much. */
export function messagePayload(text: string): Uint8Array {
  const payload = encoder.encode(messageText(encoder.encode(text)));
  const { byteLength } = encoder.encode(text.trim());
  if (payload.byteLength > 0 && byteLength <= MAX_MESSAGE_BYTES) return payload;
  throw new RangeError(
    `Expected a message of 1 to ${MAX_MESSAGE_BYTES} bytes, got ${byteLength}`,
  );
}

/** A name on one line, of bounded length; without one the last part of the path. */
export function nameOf(name: string | undefined, path: string): string {
  const last = path.slice(path.lastIndexOf("/") + 1).replace(/\.hang$/, "");
  const wanted = name?.replaceAll(UNWANTED, " ").trim() || last;
  return [...wanted.slice(0, 2 * MAX_NAME_LENGTH)]
    .slice(0, MAX_NAME_LENGTH).join("");
}

/** A CSS colour that is one and nothing more, else `undefined`. */
export function colorOf(color: string | undefined): string | undefined {
  return color !== undefined && COLOR.test(color) ? color : undefined;
}
