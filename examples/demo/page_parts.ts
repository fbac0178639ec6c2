/**
 * The parts that the demo's pages share, put in by the server, so that a page is
 * whole when it arrives. Pages name them as web servers with Server Side
 * Includes understand it.
 *
 * @module
 */

const INCLUDE = /( *)<!--#include virtual="\/web\/parts\/([a-z]+)\.html" -->\n/;
const PARTS = new URL("web/parts/", import.meta.url);

/** A page with its parts; in them the link to `pathname` is marked as the current one, where there is one. */
export async function withParts(
  page: string,
  pathname: string,
): Promise<string> {
  let whole = page;
  for (;;) {
    const found = INCLUDE.exec(whole);
    if (!found) return whole;
    const [line, indent, name] = found;
    const file = new URL(`${name}.html`, PARTS);
    const part = (await Deno.readTextFile(file))
      .replace(`href="${pathname}"`, `$& aria-current="page"`)
      .replace(/^(?=.)/gm, indent!);
    whole = whole.replace(line, () => part);
  }
}
