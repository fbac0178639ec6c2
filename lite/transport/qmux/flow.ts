/**
 * Flow control credit of a qmux session, RFC 9000 section 4.
 *
 * @module
 */
import { MoqError } from "../../error.ts";

/** Credit from the peer: bytes of one stream or of all streams, or a number of streams. */
export class SendCredit {
  #limit: number;
  #used = 0;

  /** Credit up to `limit`, which may be `Infinity`. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The remaining credit. */
  get available(): number {
    return this.#limit - this.#used;
  }

  /** Spends `amount`; throws `RangeError` for more than is available. */
  take(amount: number): void {
    if (amount > this.available) {
      throw new RangeError(
        `Expected to spend at most ${this.available}, got ${amount}`,
      );
    }
    this.#used += amount;
  }

  /** Raises the limit; ignores a lower one, which was overtaken. */
  raise(limit: number): void {
    this.#limit = Math.max(this.#limit, limit);
  }
}

/** Credit for the peer: at most `window` bytes received and not consumed. */
export class ReceiveWindow {
  readonly #window: number;
  #granted: number;
  #received = 0;
  #consumed = 0;

  /** Grants `window` bytes. */
  constructor(window: number) {
    this.#window = window;
    this.#granted = window;
  }

  /** Counts received bytes; throws `MoqError("protocol")` over the granted limit. */
  receive(bytes: number): void {
    this.#received += bytes;
    if (this.#received > this.#granted) {
      throw new MoqError(
        "protocol",
        `Peer sent ${this.#received} bytes, over its credit of ${this.#granted}`,
      );
    }
  }

  /** Counts consumed bytes; returns the new limit once half the window is used. */
  consume(bytes: number): number | undefined {
    this.#consumed += bytes;
    if (this.#granted - this.#consumed > this.#window / 2) return undefined;
    this.#granted = this.#consumed + this.#window;
    return this.#granted;
  }
}

/** The peer's streams of one direction: which were opened, and how many may be. */
export class PeerStreamCredit {
  // Opening a stream opens all lower ones; these have had no frames yet.
  readonly #unseen = new Set<number>();
  #limit: number;
  #next = 0;
  #released = 0;

  /** Allows `limit` streams that are not released. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether this is the first frame of stream `index`; throws `MoqError("protocol")` over the limit. */
  open(index: number): boolean {
    if (index < this.#next) return this.#unseen.delete(index);
    if (index >= this.#limit) {
      throw new MoqError(
        "protocol",
        `Peer opened stream ${index}, over its limit of ${this.#limit}`,
      );
    }
    while (this.#next < index) this.#unseen.add(this.#next++);
    this.#next++;
    return true;
  }

  /** A stream was taken and has ended; returns the new limit if it should be sent. */
  release(): number | undefined {
    this.#released++;
    if (this.#next + 2 * this.#released <= this.#limit) return undefined;
    this.#limit += this.#released;
    this.#released = 0;
    return this.#limit;
  }
}
