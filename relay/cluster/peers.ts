/**
 * The sessions of a relay with other relays, whoever dialled.
 *
 * @module
 */
import type { Session } from "@moq-deno/lite";
import { Latch } from "@moq-deno/lite/internal";

/** A session with another relay. */
export interface PeerRelay {
  /** The session. */
  readonly session: Session;
  /** The other relay's hop id; absent where it does not say. */
  readonly hop: bigint | undefined;
  /** Whether we dialled. */
  readonly isDialled: boolean;
}

/** All sessions with other relays. */
export class Peers implements Iterable<PeerRelay> {
  /** Wakes when one comes or goes. */
  readonly latch: Latch = new Latch();
  readonly #all: Set<PeerRelay> = new Set();

  /** Holds `peer` as long as its session lasts. */
  add(peer: PeerRelay): void {
    this.#all.add(peer);
    this.latch.wake();
    peer.session.closed.then(() => {
      this.#all.delete(peer);
      this.latch.wake();
    });
  }

  /** How many there are. */
  get size(): number {
    return this.#all.size;
  }

  /** Those there are now. */
  [Symbol.iterator](): Iterator<PeerRelay> {
    return this.#all.values();
  }
}
