/**
 * The sessions with other relays, dialled from either side.
 *
 * @module
 */
import type { Session } from "@moq-deno/lite";
import { Latch } from "@moq-deno/lite/internal";

/** A session with another relay. */
export interface PeerRelay {
  /** The session, which either side may have dialled. */
  readonly session: Session;
  /** The other relay's hop id; absent if it did not say. */
  readonly hop: bigint | undefined;
  /** Whether this relay dialled. */
  readonly isDialled: boolean;
}

/** All sessions with other relays. */
export class Peers implements Iterable<PeerRelay> {
  /** Wakes when a session is added or removed. */
  readonly latch: Latch = new Latch();
  readonly #all: Set<PeerRelay> = new Set();

  /** Adds `peer` until its session ends. */
  add(peer: PeerRelay): void {
    this.#all.add(peer);
    this.latch.wake();
    peer.session.closed.then(() => {
      this.#all.delete(peer);
      this.latch.wake();
    });
  }

  /** How many sessions there are. */
  get size(): number {
    return this.#all.size;
  }

  /** The current sessions. */
  [Symbol.iterator](): Iterator<PeerRelay> {
    return this.#all.values();
  }
}
