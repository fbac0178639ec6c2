/**
 * Attributes of elements as values. No text of an attribute throws: an invalid
 * one means the default.
 *
 * @module
 */
import type { User } from "../../catalog/room.ts";

const FALSE_WORDS = ["false", "0", "no", "off"];

/** Whether a boolean attribute is set; "false", "0", "no" and "off" mean that it is not. */
export function readFlag(text: string | null): boolean {
  return text !== null && !FALSE_WORDS.includes(text.trim().toLowerCase());
}

/** A number within bounds; anything else is `otherwise`. */
export function readNumber(
  text: string | null,
  { min, max, otherwise }: {
    readonly min: number;
    readonly max: number;
    readonly otherwise: number;
  },
): number {
  const value = Number.parseFloat(text ?? "");
  return Number.isNaN(value) ? otherwise : Math.min(max, Math.max(min, value));
}

/** An http or https URL, relative to `base`; anything else is `undefined`. */
export function readUrl(
  text: string | null,
  base: string | undefined,
): URL | undefined {
  if (text === null || text.trim() === "") return undefined;
  const url = URL.parse(text.trim(), base);
  return url && /^https?:$/.test(url.protocol) ? url : undefined;
}

/** The word that it is, whatever its case; anything else is `otherwise`. */
export function readWord<Word extends string, Otherwise>(
  text: string | null,
  { words, otherwise }: {
    readonly words: readonly Word[];
    readonly otherwise: Otherwise;
  },
): Word | Otherwise {
  const said = text?.trim().toLowerCase();
  return words.find((word) => word === said) ?? otherwise;
}

/** A boolean attribute that is set where it is absent. */
export function readSwitch(text: string | null): boolean {
  return text === null || readFlag(text);
}

/** The person that the attributes `user` and `color` describe. */
export function readUser(name: string | null, color: string | null): User {
  return { ...(name && { name }), ...(color && { color }) };
}
