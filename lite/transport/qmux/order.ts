/**
 * The rules of draft-02 for the order of a peer's frames; earlier drafts have
 * none.
 *
 * @module
 */
import { MoqError } from "../../error.ts";
import type { QmuxFrame } from "./frame.ts";

/** Checks the frames of one peer, in order. */
export class FrameOrder {
  #hasParameters = false;
  #lastPing = -1n;
  #lastPingSent = -1n;

  /** A ping was sent, which the peer may now answer. */
  pingSent(sequence: bigint): void {
    this.#lastPingSent = sequence;
  }

  /** Throws `MoqError("protocol")` for a frame that is not allowed now. */
  check(frame: QmuxFrame): void {
    if ((frame.type === "parameters") === this.#hasParameters) {
      throw new MoqError(
        "protocol",
        `Expected transport parameters first and once, got ${frame.type}`,
      );
    }
    this.#hasParameters = true;
    if (frame.type === "ping") this.#checkPing(frame.sequence);
    if (frame.type === "pong" && frame.sequence > this.#lastPingSent) {
      throw new MoqError(
        "protocol",
        `Expected an answer to a ping up to ${this.#lastPingSent}, got ${frame.sequence}`,
      );
    }
  }

  #checkPing(sequence: bigint): void {
    if (sequence <= this.#lastPing) {
      throw new MoqError(
        "protocol",
        `Expected a ping after ${this.#lastPing}, got ${sequence}`,
      );
    }
    this.#lastPing = sequence;
  }
}
