/**
 * A path in an origin, as its announcer holds it.
 *
 * @module
 */
import type { Route } from "./route.ts";

/** A path that was put into an origin; closing it takes it out again. */
export interface Publication {
  /** Replaces hops and costs. */
  update(route: Route): void;
  /** Takes the path out; idempotent. */
  close(): void;
  /**
   * Takes the path out because its announcer has no way there any more, and
   * with it the routes of others through that announcer, until they announce
   * them again: in a mesh they would keep announcing them to each other.
   */
  withdraw(): void;
  /** Its connection was lost: takes the path out after the origin's linger, since the publisher may be back by then. */
  lose(): void;
}
