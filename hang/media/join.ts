/**
 * Several files as one: their tracks side by side, as renditions of one
 * broadcast.
 *
 * @module
 */
import type { Media } from "./media.ts";

/** The tracks of all `parts` in their order; closing it closes them. All parts begin at the same moment. */
export function joinMedia(parts: readonly Media[]): Media {
  const [first, ...others] = parts;
  if (!first) throw new RangeError("Expected media to join, got none");
  if (others.length === 0) return first;
  const starts = parts.map(({ startUs = 0 }) => startUs);
  if (starts.some((startUs) => startUs !== starts[0])) {
    throw new RangeError(
      `Expected media that begin at the same time, got ${
        starts.join(", ")
      } microseconds`,
    );
  }
  return {
    format: parts.map(({ format }) => format).join(" + "),
    tracks: parts.flatMap(({ tracks }) => tracks),
    skipped: parts.flatMap(({ skipped }) => skipped),
    startUs: starts[0]!,
    isRewindable: parts.every(({ isRewindable }) => isRewindable),
    close() {
      for (const part of parts) part.close();
    },
  };
}
