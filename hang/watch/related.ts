/**
 * Where the track of a rendition is: in the broadcast of the catalog, or in one
 * that the catalog names relative to it, as a URL is relative to a page.
 *
 * @module
 */
import { normalizePath } from "@moq-deno/lite";

/** The path that `relative` means in the catalog of the broadcast at `path`; `undefined` where that is above the root. */
export function relatedPath(
  path: string,
  relative: string,
): string | undefined {
  const segments = normalizePath(path).split("/");
  if (/^\/*$/.test(relative)) return segments.join("/");
  segments.pop();
  for (const segment of relative.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment !== "..") segments.push(segment);
    else if (segments.pop() === undefined) return undefined;
  }
  return normalizePath(segments.join("/"));
}
