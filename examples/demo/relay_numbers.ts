/**
 * What a relay in this process does now, as numbers for a page.
 *
 * @module
 */
import type { Session } from "@moq-deno/lite";
import type { RunningRelay } from "@moq-deno/relay/server";

/** What the page shows. */
export interface RelayNumbers {
  /** Paths of what is announced. */
  readonly broadcasts: readonly string[];
  /** Bytes of groups in the cache. */
  readonly cachedBytes: number;
  /** Groups in the cache. */
  readonly cachedGroups: number;
  /** Memory of the process, resident. */
  readonly memoryBytes: number;
  /** Who is connected, in order of arrival. */
  readonly sessions: readonly SessionNumbers[];
}

/** One of those who are connected. */
export interface SessionNumbers {
  /** The same for as long as it is connected. */
  readonly id: number;
  /** The draft spoken. */
  readonly protocol: string;
  /** Subscriptions it holds now. */
  readonly subscriptions: number;
  /** Bytes of groups sent to it. */
  readonly sentBytes: number;
  /** Bytes of groups received from it. */
  readonly receivedBytes: number;
}

const ids: WeakMap<Session, number> = new WeakMap();
let next = 1;

/** The numbers as they are now. */
export function relayNumbers(
  { origin, sessions }: Pick<RunningRelay, "origin" | "sessions">,
): RelayNumbers {
  return {
    broadcasts: [...origin.paths()].sort(),
    cachedBytes: origin.cache.bytes,
    cachedGroups: origin.cache.groups,
    memoryBytes: Deno.memoryUsage().rss,
    sessions: [...sessions].map((session) => ({
      id: idOf(session),
      protocol: `moq-lite-${session.version}`,
      subscriptions: session.stats.subscriptions,
      sentBytes: session.stats.sentBytes,
      receivedBytes: session.stats.receivedBytes,
    })),
  };
}

function idOf(session: Session): number {
  const id = ids.get(session) ?? next++;
  ids.set(session, id);
  return id;
}
