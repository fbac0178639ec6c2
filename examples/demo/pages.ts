/**
 * The addresses of the demo's pages, and the page for an address that has none.
 *
 * @module
 */
import { withParts } from "./page_parts.ts";

const WEB = new URL("web/", import.meta.url);

/** A page, and the link of the pages' list that leads to it. */
export interface DemoPage {
  readonly file: URL;
  readonly link: string;
}

/** Files by the first segment of the address; what follows is a name, which the page reads. */
const PAGES: ReadonlyMap<string, DemoPage> = new Map([
  ["", page("index", "/")],
  ["watch", page("index", "/")],
  ["publish", page("publish")],
  ["meet", page("meet")],
  ["chat", page("chat")],
  ["stats", page("stats")],
]);
/** Pages whose address has nothing behind it. */
const ALONE: readonly string[] = ["", "stats"];
const FILE_ADDRESS = /^\/web\/([a-z]+)\.html$/;

/** The page at `pathname`, or another address to go to. */
export function pageAt(pathname: string): DemoPage | string | undefined {
  const [, name] = FILE_ADDRESS.exec(pathname) ?? [];
  if (name === "index") return "/";
  if (name !== undefined && PAGES.has(name)) return `/${name}`;
  const [, first = "", ...rest] = pathname.split("/");
  const hasMore = rest.some((segment) => segment !== "");
  // Something has to be named there.
  if (first === "watch" && !hasMore) return "/";
  if (ALONE.includes(first) && rest.length > 0) return undefined;
  return PAGES.get(first);
}

/** What to show for an address without a page: where the pages are, and a broadcast that may have been meant. */
export async function notFoundPage(pathname: string): Promise<string> {
  const page = await Deno.readTextFile(new URL("not_found.html", WEB));
  const address = readable(pathname);
  const values: Readonly<Record<string, string>> = {
    address,
    name: address.replace(/^\/+|\/+$/g, ""),
    watch: `/watch${pathname}`,
  };
  return (await withParts(page, ""))
    .replace(/\$(\w+)\$/g, (_, key: string) => escaped(values[key] ?? ""));
}

function page(name: string, link = `/${name}`): DemoPage {
  return { file: new URL(`${name}.html`, WEB), link };
}

/** `pathname` as people write it, where it can be decoded. */
function readable(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname; // Not percent-encoded UTF-8.
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
