/**
 * The path between the two ends of a pair in one process: each end has a carrier
 * for the data it sends.
 *
 * @module
 */

/** Part of a stream in flight. */
export interface Piece {
  /** Its position in the stream, in bytes. */
  readonly offset: number;
  /** Empty if only the end is sent. */
  readonly bytes: Uint8Array;
  /** Whether the stream ends after it. */
  readonly fin: boolean;
}

/** A sending half, as its carrier sees it. */
export interface Sender {
  /** Higher goes first. */
  readonly sendOrder: number;
  /** Whether {@linkcode Sender.take} would return a piece. */
  readonly hasWork: boolean;
  /** The next piece of at most `maxBytes`. */
  take(maxBytes: number): Piece | undefined;
  /** `piece` arrived at the other end. */
  deliver(piece: Piece): void;
  /** `piece` was lost and must be sent again. */
  lose(piece: Piece): void;
  /** The send buffer has room again. */
  admit(): void;
}

/** Carries data from one end to the other, and decides on delay, order and loss. */
export interface Carrier {
  /** Free bytes of the send buffer. */
  readonly roomBytes: number;
  /** Adds `bytes` to the send buffer, or removes them if negative; the carrier itself removes bytes that arrive. */
  hold(bytes: number): void;
  /** `sender` has work. */
  wake(sender: Sender): void;
  /** Calls `deliver` at the other end, for credit, stop, reset and close. Never lost. */
  control(deliver: () => void): void;
  /** Calls `deliver` at the other end unless the datagram of `bytes` is lost. */
  datagram(bytes: number, deliver: () => void): void;
  /** Resolves when everything was sent, or after a timeout; never rejects. */
  flushed(): Promise<void>;
  /** Drops everything: the connection has ended. */
  stop(): void;
}

/** Senders with work: strictly the highest send order first, equal ones round-robin. */
export class SendTurns {
  readonly #senders = new Set<Sender>();

  /** Adds `sender` after its equals, unless it was already added. */
  add(sender: Sender): void {
    this.#senders.add(sender);
  }

  /** The next sender with work, which moves after its equals. */
  next(): Sender | undefined {
    let best: Sender | undefined;
    for (const sender of this.#senders) {
      if (!sender.hasWork) this.#senders.delete(sender);
      else if (!best || sender.sendOrder > best.sendOrder) best = sender;
    }
    if (best) {
      this.#senders.delete(best);
      this.#senders.add(best);
    }
    return best;
  }

  /** Forgets all. */
  clear(): void {
    this.#senders.clear();
  }
}
