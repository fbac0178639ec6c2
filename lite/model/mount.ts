/**
 * Mounts: subtrees of a view that show another path of the origin. They are
 * read-only, and one never leads into another.
 *
 * @module
 */
import {
  hasPrefix,
  isPathInBounds,
  joinPath,
  normalizePath,
  stripPrefix,
} from "../path.ts";

/** A subtree of a view that shows another path of the origin. */
export interface Mount {
  /** Its path in the view, relative to the root. */
  readonly at: string;
  /** The path of the origin that it shows. */
  readonly target: string;
}

function overlap(one: string, other: string): boolean {
  return hasPrefix(one, other) || hasPrefix(other, one);
}

/**
 * Normalizes the `mounts` of a view with this `root`. Throws `RangeError` if one
 * overlaps another's path or target, or its own target, so that targets never
 * contain mounts.
 */
export function checkMounts(
  root: string,
  mounts: readonly Mount[],
): readonly Mount[] {
  const checked = mounts.map(({ at, target }) => ({
    at: normalizePath(at),
    target: normalizePath(target),
  }));
  for (const [number, { at }] of checked.entries()) {
    const place = joinPath(root, at);
    for (const [otherNumber, other] of checked.entries()) {
      const isTwice = number !== otherNumber &&
        overlap(place, joinPath(root, other.at));
      if (!isTwice && !overlap(place, other.target)) continue;
      throw new RangeError(
        `Expected mounts that do not overlap, got ${JSON.stringify(at)} and ${
          JSON.stringify(isTwice ? other.at : other.target)
        }`,
      );
    }
  }
  return checked;
}

/** The mount that `path` of a view is at or below. */
export function mountOf(
  mounts: readonly Mount[],
  path: string,
): Mount | undefined {
  return mounts.find(({ at }) => hasPrefix(at, path));
}

/** `rest` below the path `above`; `undefined` if that exceeds the limits of paths. */
function below(above: string, rest: string): string | undefined {
  const path = joinPath(above, rest);
  return isPathInBounds(path) ? path : undefined;
}

/** The path in the origin that `mount` shows at `path` of the view; `undefined` if it would exceed the limits of paths. */
export function targetOf(
  { at, target }: Mount,
  path: string,
): string | undefined {
  return below(target, stripPrefix(at, path) ?? "");
}

/** The path in the view where `mount` shows a change at `path` of the origin, at, below or above the target; `undefined` if nowhere. */
export function shownAt(
  { at, target }: Mount,
  path: string,
): string | undefined {
  const rest = hasPrefix(path, target) ? "" : stripPrefix(target, path);
  return rest === undefined ? undefined : below(at, rest);
}
