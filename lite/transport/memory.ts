/**
 * A connected pair of transports in one process, without time or loss but
 * with real back-pressure, stream limits, resets and send order.
 *
 * @module
 */
import { Latch } from "../latch.ts";
import { type Carrier, type Sender, SendTurns } from "./pair/carrier.ts";
import { joinEnds, type PairOptions } from "./pair/end.ts";
import type { Transport } from "./transport.ts";

export type { PairOptions };

const PIECE_BYTES = 16 * 1024;

/**
 * Two transports that are each other's peer.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { memoryPair } from "./memory.ts";
 *
 * const [client, server] = memoryPair();
 * const sending = await client.openUni();
 * sending.write(new TextEncoder().encode("hello"));
 * sending.close();
 * for await (const receiving of server.incomingUni) {
 *   const bytes = await receiving.read(new Uint8Array(64));
 *   assert.equal(new TextDecoder().decode(bytes), "hello");
 *   break;
 * }
 * client.close(0, "done");
 * ```
 */
export function memoryPair(
  options: PairOptions = {},
): [Transport, Transport] {
  return joinEnds([new MemoryCarrier(), new MemoryCarrier()], options);
}

/** One piece per microtask, so that what is written in one turn leaves in send order. */
class MemoryCarrier implements Carrier {
  readonly roomBytes = Infinity;
  readonly #turns = new SendTurns();
  readonly #idle = new Latch();
  #pumping = false;
  #stopped = false;

  hold(_bytes: number): void {
    // Nothing is held here: a piece that was taken has arrived.
  }

  wake(sender: Sender): void {
    this.#turns.add(sender);
    if (this.#pumping || this.#stopped) return;
    this.#pumping = true;
    queueMicrotask(() => this.#pump());
  }

  control(deliver: () => void): void {
    queueMicrotask(deliver);
  }

  datagram(_bytes: number, deliver: () => void): void {
    queueMicrotask(deliver);
  }

  async flushed(): Promise<void> {
    while (this.#pumping) await this.#idle.changed();
  }

  stop(): void {
    this.#stopped = true;
    this.#turns.clear();
  }

  #pump(): void {
    const sender = this.#turns.next();
    const piece = sender?.take(PIECE_BYTES);
    if (!sender || !piece) {
      this.#pumping = false;
      this.#idle.wake();
      return;
    }
    sender.deliver(piece);
    queueMicrotask(() => this.#pump());
  }
}
