/**
 * Renditions whose track another broadcast has: the catalog names it relative
 * to its own broadcast, as a URL is relative to a page.
 *
 * @module
 */
import { type BroadcastConsumer, MoqError } from "@moq-deno/lite";
import { normalizePath } from "@moq-deno/lite/internal";

/** Where broadcasts are found by path: a session, or an origin. */
export interface BroadcastLookup {
  /** The broadcast at `path`, whether or not it is there yet. */
  consume(path: string): BroadcastConsumer;
}

/** A broadcast among others, so that what its catalog refers to can be found. */
export interface RelatedBroadcasts {
  /** Path of the broadcast that has the catalog. */
  readonly path: string;
  /** Where it and the others are. */
  readonly source: BroadcastLookup;
}

/**
 * The path that `relative` means in the catalog of the broadcast at `path`: it takes the place of the last segment, `.`
 * stays there, `..` goes one up. Throws `MoqError("decode")` where that leaves the root.
 */
export function resolveBroadcast(path: string, relative: string): string {
  const segments = normalizePath(path).split("/");
  if (/^\/*$/.test(relative)) return segments.join("/");
  segments.pop();
  for (const segment of relative.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment !== "..") segments.push(segment);
    else if (segments.pop() === undefined) {
      throw new MoqError(
        "decode",
        `Expected a broadcast below the root, got ${
          JSON.stringify(relative)
        } in ${JSON.stringify(path)}`,
      );
    }
  }
  return normalizePath(segments.join("/"));
}

/**
 * The broadcast that has the track of a rendition: `own` where `relative` is absent, else another one. Throws
 * `MoqError("unsupported")` when it is not known where the others are.
 */
export function broadcastOf(
  relative: string | undefined,
  { own, related }: {
    readonly own: BroadcastConsumer;
    readonly related: RelatedBroadcasts | undefined;
  },
): BroadcastConsumer {
  if (relative === undefined) return own;
  if (!related) {
    throw new MoqError(
      "unsupported",
      `Expected to know where broadcast ${
        JSON.stringify(relative)
      } is, got its path alone`,
    );
  }
  const path = resolveBroadcast(related.path, relative);
  return path === normalizePath(related.path)
    ? own
    : related.source.consume(path);
}
