/**
 * Waiting for one broadcast.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import type { AnnounceEvent } from "../model/origin_scope.ts";

/** Whether the prefix itself is announced before its listing ends. */
export async function isAnnounced(
  listing: AsyncIterable<AnnounceEvent>,
): Promise<boolean> {
  for await (const { kind, path } of listing) {
    if (kind === "start" && path === "") return true;
  }
  return false;
}

/** The error to throw when the listing ended without `path`. */
export function endedBefore(path: string): MoqError {
  return new MoqError(
    "closed",
    `Session ended before ${JSON.stringify(path)} was announced`,
  );
}
