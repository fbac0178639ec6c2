/**
 * What lies between the two ends of a pair in one process: each end has a
 * carrier for what it sends.
 *
 * @module
 */

/** Part of a stream on its way. */
export interface Piece {
  /** Where it belongs in the stream, in bytes. */
  readonly offset: number;
  /** Possibly none, when only the end is sent. */
  readonly bytes: Uint8Array;
  /** Whether the stream ends behind it. */
  readonly fin: boolean;
}

/** A sending half as its carrier sees it. */
export interface Sender {
  /** Higher goes first. */
  readonly sendOrder: number;
  /** Whether {@linkcode Sender.take} has something to give. */
  readonly hasWork: boolean;
  /** The next piece of at most `maxBytes`. */
  take(maxBytes: number): Piece | undefined;
  /** `piece` reached the other end. */
  deliver(piece: Piece): void;
  /** `piece` did not: it will be given again. */
  lose(piece: Piece): void;
  /** The send buffer has room again. */
  admit(): void;
}

/** Brings things from one end to the other: when, in which order and whether at all is its business. */
export interface Carrier {
  /** Bytes that the send buffer takes now. */
  readonly roomBytes: number;
  /** Counts `bytes` as held in the send buffer, negative ones as free again; what arrives is freed by the carrier itself. */
  hold(bytes: number): void;
  /** `sender` has work. */
  wake(sender: Sender): void;
  /** Has `deliver` called at the other end: credit, stop, reset, close. Never lost. */
  control(deliver: () => void): void;
  /** Has `deliver` called at the other end unless the datagram of `bytes` is lost. */
  datagram(bytes: number, deliver: () => void): void;
  /** Resolves when all work has left, or cannot within a bound; never rejects. */
  flushed(): Promise<void>;
  /** Forgets everything: the connection is over. */
  stop(): void;
}

/** Senders with work; strictly the highest send order first, equal ones in turn. */
export class SendTurns {
  readonly #senders = new Set<Sender>();

  /** Adds `sender` behind its equals, unless it waits already. */
  add(sender: Sender): void {
    this.#senders.add(sender);
  }

  /** The next one with work, now behind its equals. */
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
