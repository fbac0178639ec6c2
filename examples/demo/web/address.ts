/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The address line: `/watch/NAME`, `/publish/NAME`, `/meet/ROOM`, and the
 * options behind `#`.
 *
 * @module
 */

/** A page whose address can have a name. */
export type NamedPage = "watch" | "publish" | "meet" | "chat";

// Browsers resolve these in addresses, percent-encoded or not.
const DOTS = /(^|\/)\.{1,2}(\/|$)/;

/** The address of `name` on `page`. */
export function addressOf(page: NamedPage, name: string): string {
  if (DOTS.test(name)) return `/${page}/-#${new URLSearchParams({ at: name })}`;
  return `/${page}/${name.split("/").map(encodeURIComponent).join("/")}`;
}

/** The name in the address, `""` for none. */
export function nameInAddress(): string {
  const option = options().get("at");
  if (option !== null) return option;
  const [, , ...rest] = location.pathname.split("/");
  return rest.map(decoded).join("/").replace(/\/+$/, "");
}

/** What stands behind `#`. */
export function options(): URLSearchParams {
  return new URLSearchParams(location.hash.slice(1));
}

/** Goes to another address of the same page, so that the browser's Back returns. */
export function goTo(address: string): void {
  if (location.pathname + location.hash !== address) {
    history.pushState(null, "", address);
  }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // Not percent-encoded UTF-8: as it stands.
  }
}
