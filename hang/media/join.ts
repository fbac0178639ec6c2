/**
 * Several files as one: their tracks side by side, as renditions of one
 * broadcast.
 *
 * @module
 */
import { Latch } from "@moq-deno/lite/internal";
import type { Media, MediaTrack } from "./media.ts";

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
    late: (signal) => lateOf(parts, signal),
    close() {
      for (const part of parts) part.close();
    },
  };
}

/** The late tracks of all `parts`, as they come. */
async function* lateOf(
  parts: readonly Media[],
  signal: AbortSignal | undefined,
): AsyncGenerator<MediaTrack, void> {
  const latch = new Latch();
  const come: MediaTrack[] = [];
  let failure: { readonly error: unknown } | undefined;
  let running = parts.length;
  const run = async (part: Media): Promise<void> => {
    try {
      for await (const track of part.late?.(signal) ?? []) {
        come.push(track);
        latch.wake();
      }
    } catch (error) {
      failure = { error };
    }
    running--;
    latch.wake();
  };
  for (const part of parts) void run(part);
  for (;;) {
    const track = come.shift();
    if (track) yield track;
    else if (failure) throw failure.error;
    else if (running === 0) return;
    else await latch.changed();
  }
}
