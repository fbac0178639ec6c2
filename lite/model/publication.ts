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
   * with it what others say they reach through that announcer, until they say
   * so anew: in a mesh they would go on to tell each other of it.
   */
  withdraw(): void;
  /** Its connection was lost: takes the path out after the origin's linger, since the publisher may be back by then. */
  lose(): void;
}
