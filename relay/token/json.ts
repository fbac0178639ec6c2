/**
 * JSON objects without repeated names. `JSON.parse` takes the last one, other
 * programs the first, and a verifier must see what others use.
 *
 * @module
 */
import { TokenError, type TokenErrorCode } from "./error.ts";

/** A parsed JSON object whose fields are unchecked. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether `value` is an object with fields. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What the errors of {@linkcode parseObject} say. */
interface ParseObjectOptions {
  /** What the text is, for messages. */
  readonly what: string;
  /** The code of the error. */
  readonly code: TokenErrorCode;
}

/** Parses a JSON object; throws `TokenError` if `text` is none, or repeats a name at any depth. */
export function parseObject(
  text: string,
  { what, code }: ParseObjectOptions,
): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may contain a secret.
    throw new TokenError(code, `Expected JSON in the ${what}, got other text`);
  }
  if (!isJsonObject(value)) {
    throw new TokenError(code, `Expected a JSON object in the ${what}`);
  }
  const twice = repeatedName(text);
  if (twice !== undefined) {
    throw new TokenError(
      code,
      `Expected each name once in the ${what}, got "${twice}" twice`,
    );
  }
  return value;
}

const STRING_OR_BRACKET = /"(?:[^"\\]|\\.)*"(?<colon>\s*:)?|[{}[\]]/g;

/** The first name that is repeated within one object of the valid JSON `text`. */
function repeatedName(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (const { 0: part, groups } of text.matchAll(STRING_OR_BRACKET)) {
    if (part === "{" || part === "[") open.push(new Set());
    else if (part === "}" || part === "]") open.pop();
    else if (groups?.["colon"] !== undefined) {
      const name: string = JSON.parse(part.slice(0, -groups["colon"].length));
      const names = open.at(-1);
      if (names?.has(name)) return name;
      names?.add(name);
    }
  }
  return undefined;
}
