/**
 * Credit: how much each side of a qmux session may still send, RFC 9000
 * section 4.
 *
 * @module
 */
import { MoqError } from "../../error.ts";

/** What the peer allows us: bytes of a stream or of all of them, or streams. */
export class SendCredit {
  #limit: number;
  #used = 0;

  /** Credit up to `limit`, which may be `Infinity`. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What is left. */
  get available(): number {
    return this.#limit - this.#used;
  }

  /** Spends `amount`, at most what is available. */
  take(amount: number): void {
    if (amount > this.available) {
      throw new RangeError(
        `Expected to spend at most ${this.available}, got ${amount}`,
      );
    }
    this.#used += amount;
  }

  /** Raises the limit; a lower one is ignored, as it was overtaken. */
  raise(limit: number): void {
    this.#limit = Math.max(this.#limit, limit);
  }
}

/** What we allow the peer: at most `window` bytes that were received and not consumed. */
export class ReceiveWindow {
  readonly #window: number;
  #granted: number;
  #received = 0;
  #consumed = 0;

  /** A window of `window` bytes, all of it granted. */
  constructor(window: number) {
    this.#window = window;
    this.#granted = window;
  }

  /** Accounts for bytes that came; throws `MoqError("protocol")` over what was granted. */
  receive(bytes: number): void {
    this.#received += bytes;
    if (this.#received > this.#granted) {
      throw new MoqError(
        "protocol",
        `Expected at most ${this.#granted} bytes, got ${this.#received}`,
      );
    }
  }

  /** Accounts for bytes that are out of our hands; returns the new limit once half the window is used up. */
  consume(bytes: number): number | undefined {
    this.#consumed += bytes;
    if (this.#granted - this.#consumed > this.#window / 2) return undefined;
    this.#granted = this.#consumed + this.#window;
    return this.#granted;
  }
}

/** The streams of one direction that the peer opens: which have been, and how many may be. */
export class PeerStreamCredit {
  // Opening a stream opens all below it; these have not been heard of yet.
  readonly #unseen = new Set<number>();
  #limit: number;
  #next = 0;
  #released = 0;

  /** At most `limit` that are not released yet. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether `index` is heard of for the first time; throws `MoqError("protocol")` over the limit. */
  open(index: number): boolean {
    if (index < this.#next) return this.#unseen.delete(index);
    if (index >= this.#limit) {
      throw new MoqError(
        "protocol",
        `Expected at most ${this.#limit} streams, got stream ${index}`,
      );
    }
    while (this.#next < index) this.#unseen.add(this.#next++);
    this.#next++;
    return true;
  }

  /** One stream is over and was taken; returns the new limit when it is worth telling. */
  release(): number | undefined {
    this.#released++;
    if (this.#next + 2 * this.#released <= this.#limit) return undefined;
    this.#limit += this.#released;
    this.#released = 0;
    return this.#limit;
  }
}
