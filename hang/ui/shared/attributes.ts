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

/** What to write instead where {@linkcode readUrl} has nothing or another place than was meant; `undefined` where it is right. */
export function urlProblem(
  text: string | null,
  base: string | undefined,
): string | undefined {
  const said = text?.trim() ?? "";
  if (said === "") return "Set the url attribute to the address of a relay";
  const [, scheme, rest] = /^(?:([a-z][a-z+.-]*):\/\/)?(.*)$/is.exec(said)!;
  if (scheme !== undefined && !/^https?$/i.test(scheme)) {
    return `Write https://${rest} in url: a page cannot use ${scheme}://`;
  }
  if (scheme === undefined && BARE_HOST.test(said)) {
    const protocol = LOOPBACK.test(said) ? "http" : "https";
    return `Write ${protocol}://${said} in url: it needs its scheme`;
  }
  const url = readUrl(said, base);
  if (!url) return `The url attribute is no address: ${said}`;
  const isMixed = url.protocol === "http:" && base?.startsWith("https:") &&
    !LOOPBACK.test(url.hostname);
  return isMixed
    ? `Write https://${url.host} in url: a page over HTTPS cannot use http://`
    : undefined;
}

const LOOPBACK = /^(localhost|127\.|\[::1\])/i;
// Relative addresses begin with a slash or a dot.
const BARE_HOST =
  /^(localhost|\[[\da-f:]+\]|[\w-]+(\.[\w-]+)+|[\w-]+(?=:\d))(:\d+)?([/?]|$)/i;

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
