/**
 * The two header values of subprotocol negotiation, as structured fields: RFC
 * 8941 section 3.1 (a list of strings) and section 3.3.3 (a string).
 *
 * @module
 */

// RFC 8941 section 3.3.3: printable ASCII, with only the quote and the backslash escaped.
const STRING = String.raw`"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"`;
// Parameters are ignored; their values are strings or bare items.
const PARAMETERS = String
  .raw`(?:;[ ]*[a-z*][a-z0-9_.*-]*(?:=(?:${STRING}|[^\s",;=]+))?)*`;
const ONE = new RegExp(`(${STRING})${PARAMETERS}`, "y");
const COMMA = /[ \t]*,[ \t]*/y;

/** `texts` as a list of strings; throws `RangeError` for characters outside printable ASCII. */
export function writeStringList(texts: readonly string[]): string {
  return texts.map(writeString).join(", ");
}

/** `text` as a string item; throws `RangeError` for characters outside printable ASCII. */
export function writeString(text: string): string {
  if (!/^[\x20-\x7e]*$/.test(text)) {
    throw new RangeError(
      `Expected printable ASCII, got ${JSON.stringify(text)}`,
    );
  }
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/** The strings of a list; empty if `value` is malformed, since a malformed field must be ignored. */
export function readStringList(value: string): string[] {
  const text = value.trim();
  const strings: string[] = [];
  for (let at = 0;;) {
    const item = match(ONE, text, at);
    if (!item) return [];
    strings.push(unquote(item[1]!));
    at += item[0].length;
    if (at === text.length) return strings;
    const comma = match(COMMA, text, at);
    if (!comma) return [];
    at += comma[0].length;
  }
}

/** The text of a string item, `undefined` if `value` is not one. */
export function readString(value: string): string | undefined {
  const strings = readStringList(value);
  return strings.length === 1 ? strings[0] : undefined;
}

function match(
  pattern: RegExp,
  text: string,
  at: number,
): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function unquote(quoted: string): string {
  return quoted.slice(1, -1).replace(/\\(.)/g, "$1");
}
