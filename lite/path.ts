/**
 * Broadcast paths: segments between slashes, compared segment by segment.
 * moq-lite, "Broadcast"; at most 32 segments.
 *
 * @module
 */
import { MoqError } from "./error.ts";

/** Most segments a path may have on the wire. */
export const MAX_PATH_SEGMENTS = 32;

/**
 * The canonical form: no leading, trailing or doubled slash; `""` is the root.
 * Throws `MoqError("decode")` over {@linkcode MAX_PATH_SEGMENTS}.
 */
export function normalizePath(path: string): string {
  const segments: string[] = [];
  for (let at = 0; at < path.length;) {
    const slash = path.indexOf("/", at);
    const end = slash < 0 ? path.length : slash;
    if (end > at) segments.push(path.slice(at, end));
    // Stopping here keeps a path of millions of segments from being split.
    if (segments.length > MAX_PATH_SEGMENTS) {
      throw new MoqError(
        "decode",
        `Expected at most ${MAX_PATH_SEGMENTS} path segments, got more`,
      );
    }
    at = end + 1;
  }
  return segments.join("/");
}

/** `prefix/path`, where either may be the root; both normalized. */
export function joinPath(prefix: string, path: string): string {
  if (prefix === "") return path;
  return path === "" ? prefix : `${prefix}/${path}`;
}

/** What follows `prefix` in `path`, `""` when they are equal, `undefined` when it does not lie under it. */
export function stripPrefix(prefix: string, path: string): string | undefined {
  if (prefix === "") return path;
  if (path === prefix) return "";
  return path.startsWith(prefix) && path[prefix.length] === "/"
    ? path.slice(prefix.length + 1)
    : undefined;
}

/** Whether `path` is `prefix` or lies under it. */
export function hasPrefix(prefix: string, path: string): boolean {
  return stripPrefix(prefix, path) !== undefined;
}
