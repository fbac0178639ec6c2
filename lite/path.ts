/**
 * Broadcast paths: segments between slashes, compared segment by segment.
 * moq-lite, "Broadcast". At most 32 segments, 1 KiB each and 4 KiB together.
 *
 * @module
 */
import { MoqError } from "./error.ts";

/** Most segments a path may have on the wire. */
export const MAX_PATH_SEGMENTS = 32;

/** Most bytes of UTF-8 in a path. */
export const MAX_PATH_BYTES = 4096;

/** Most bytes of UTF-8 in one segment of a path, and in the name of a track. */
export const MAX_NAME_BYTES = 1024;

// UTF-8 takes at most three bytes per UTF-16 unit.
const UNIT_BYTES = 3;

/** Whether `text` has more than `most` bytes in UTF-8. */
export function isLonger(text: string, most: number): boolean {
  if (text.length > most) return true;
  if (text.length * UNIT_BYTES <= most) return false;
  return new TextEncoder().encode(text).byteLength > most;
}

/** Whether a normalized path is within the limits of paths. */
export function isPathInBounds(path: string): boolean {
  if (isLonger(path, MAX_PATH_BYTES)) return false;
  const segments = path.split("/");
  return segments.length <= MAX_PATH_SEGMENTS &&
    !segments.some((segment) => isLonger(segment, MAX_NAME_BYTES));
}

/**
 * The canonical form: no leading, trailing or doubled slash; `""` is the root.
 * Throws `MoqError("decode")` over {@linkcode MAX_PATH_SEGMENTS}, and
 * `MoqError("too-large")` over {@linkcode MAX_PATH_BYTES} or, in a segment,
 * {@linkcode MAX_NAME_BYTES}.
 */
export function normalizePath(path: string): string {
  const segments: string[] = [];
  for (let at = 0; at < path.length;) {
    const slash = path.indexOf("/", at);
    const end = slash < 0 ? path.length : slash;
    if (end > at) segments.push(checkSegment(path.slice(at, end)));
    // Stop early, so that a path of millions of segments is not split.
    if (segments.length > MAX_PATH_SEGMENTS) {
      throw new MoqError(
        "decode",
        `Path has more than ${MAX_PATH_SEGMENTS} segments`,
      );
    }
    at = end + 1;
  }
  const normal = segments.join("/");
  if (!isLonger(normal, MAX_PATH_BYTES)) return normal;
  throw new MoqError(
    "too-large",
    `Path exceeds ${MAX_PATH_BYTES} bytes: ${beginningOf(normal)}`,
  );
}

function checkSegment(segment: string): string {
  if (!isLonger(segment, MAX_NAME_BYTES)) return segment;
  throw new MoqError(
    "too-large",
    `Path segment exceeds ${MAX_NAME_BYTES} bytes: ${beginningOf(segment)}`,
  );
}

/** The beginning of a text that is too long, quoted for messages. */
export function beginningOf(text: string): string {
  return `${JSON.stringify(text.slice(0, 40))}…`;
}

/** `prefix/path`, where either may be the root; both normalized. */
export function joinPath(prefix: string, path: string): string {
  if (prefix === "") return path;
  return path === "" ? prefix : `${prefix}/${path}`;
}

/** The rest of `path` after `prefix`, `""` if they are equal, `undefined` if `path` is not under it. */
export function stripPrefix(prefix: string, path: string): string | undefined {
  if (prefix === "") return path;
  if (path === prefix) return "";
  return path.startsWith(prefix) && path[prefix.length] === "/"
    ? path.slice(prefix.length + 1)
    : undefined;
}

/** Whether `path` is `prefix` or under it. */
export function hasPrefix(prefix: string, path: string): boolean {
  return stripPrefix(prefix, path) !== undefined;
}
