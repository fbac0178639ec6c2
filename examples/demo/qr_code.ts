/**
 * QR codes for a terminal.
 *
 * @module
 */
import { renderUnicodeCompact } from "uqr";

// White on black whatever the terminal's own colours are: not every phone reads it the other way round.
const COLOURS = "\x1b[97;40m";
const PLAIN = "\x1b[0m";
const BORDER = 2;

/** `text` as lines of half blocks, coloured for a terminal. */
export function qrCode(
  text: string,
  { isTerminal }: { readonly isTerminal: boolean },
): string {
  const lines = renderUnicodeCompact(text, { border: BORDER }).split("\n");
  return lines.map((line) => isTerminal ? COLOURS + line + PLAIN : line)
    .join("\n") + "\n";
}
