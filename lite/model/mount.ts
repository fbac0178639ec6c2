/**
 * Mounts: subtrees of a view that show another place of the origin. They are
 * for reading alone, and one never leads into another.
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

/** A subtree of a view that shows another place of the origin. */
export interface Mount {
  /** Where it is in the view, relative to its root. */
  readonly at: string;
  /** What it shows: a path of the origin. */
  readonly target: string;
}

function overlap(one: string, other: string): boolean {
  return hasPrefix(one, other) || hasPrefix(other, one);
}

/**
 * `mounts` of a view with that `root`, normalized. Throws `RangeError` when one
 * overlaps another's place or target, or its own target, so that what a target
 * shows is always the origin's own.
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

/** What lies `below` the path `above`; `undefined` when that exceeds the limits of paths. */
function below(above: string, rest: string): string | undefined {
  const path = joinPath(above, rest);
  return isPathInBounds(path) ? path : undefined;
}

/** Where in the origin that is which `mount` shows at `path` of the view; `undefined` where no path can be so long. */
export function targetOf(
  { at, target }: Mount,
  path: string,
): string | undefined {
  return below(target, stripPrefix(at, path) ?? "");
}

/** Where in the view `mount` shows what happens at `path` of the origin, above the target included; `undefined` when nowhere. */
export function shownAt(
  { at, target }: Mount,
  path: string,
): string | undefined {
  const rest = hasPrefix(path, target) ? "" : stripPrefix(target, path);
  return rest === undefined ? undefined : below(at, rest);
}
