/**
 * A path in an origin, as its announcer holds it.
 *
 * @module
 */
import type { Route } from "./route.ts";

/** A published path; closing it removes it from the origin. */
export interface Publication {
  /** Replaces its hops and costs. */
  update(route: Route): void;
  /** Removes the path; idempotent. */
  close(): void;
  /**
   * Removes the path because its announcer has no route left, and also the
   * routes of others through that announcer, until they announce them again: in
   * a mesh they would keep announcing them to each other.
   */
  withdraw(): void;
  /** Its connection was lost: removes the path after the origin's linger time, since the publisher may return. */
  lose(): void;
}
