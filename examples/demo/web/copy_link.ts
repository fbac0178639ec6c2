/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * "Copy link": an address for others on the clipboard.
 *
 * @module
 */
import type { Facts } from "./facts.ts";
import { find } from "./page.ts";

const SHOWN_MS = 6_000;
const LOCAL = /^(localhost|127\.|\[::1\])/;

/** Lets the button `copy` copy the link to `address()`, and `copied` say so. */
export function offerLink(
  { share }: Pick<Facts, "share">,
  address: () => string,
): void {
  const button = find("copy", HTMLButtonElement);
  const status = find("copied", HTMLElement);
  let hiding: ReturnType<typeof setTimeout> | undefined;
  button.addEventListener("click", async () => {
    const link = new URL(address(), share ?? location.href);
    status.textContent = await isCopied(link.href)
      ? `Copied.${LOCAL.test(link.host) ? LOCAL_ONLY : ""}`
      : `Copy it by hand: ${link.href}`;
    clearTimeout(hiding);
    hiding = setTimeout(() => status.textContent = "", SHOWN_MS);
  });
}

const LOCAL_ONLY =
  " The link works on this computer; “deno task demo --lan” makes one for others.";

async function isCopied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // Not permitted, or the page is not secure.
  }
}
