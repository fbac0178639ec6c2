/**
 * Makes text from peers safe to print: paths, track names, codecs, close reasons
 * and chat reach terminals and logs, where control characters are commands and
 * bidirectional ones change the displayed text.
 *
 * @module
 */

// C0, DEL and C1 controls; marks, embeddings, overrides and isolates of direction; line and paragraph separators.
const STEERING =
  /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
const STEERING_RUNS = new RegExp(`${STEERING.source}+`, "gu");
const STEERING_OUTSIDE_LINES = new RegExp(
  `(?![\\n\\t])${STEERING.source}`,
  "gu",
);
const STEERING_EACH = new RegExp(STEERING.source, "gu");

/** `text` as one line that is safe in a terminal: each run of control characters becomes a space. */
export function printable(text: string): string {
  return text.replaceAll(STEERING_RUNS, " ");
}

/** The same for text of several lines: line feeds and tabs stay. */
export function printableLines(text: string): string {
  return text.replaceAll(STEERING_OUTSIDE_LINES, " ");
}

/** The same JSON without control characters except line feeds and tabs: they become JSON escapes. */
export function printableJson(json: string): string {
  return json.replaceAll(
    STEERING_OUTSIDE_LINES,
    (character) =>
      `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** `path` with its control characters percent-encoded, for lists with one path per line. */
export function printablePath(path: string): string {
  return path.replaceAll(STEERING_EACH, encodeURIComponent);
}
