/**
 * Datagrams of one WebTransport session: a quarter of the session id, then the
 * payload. RFC 9297 section 2.1.
 *
 * @module
 */
import { readVarint, varintLength } from "../../bytes/varint.ts";
import type { Datagrams } from "../../transport/transport.ts";
import { encodePrefix } from "./frames.ts";

const MAX_SENDING = 64;

/** Datagrams of session `sessionId` on `quic`, which keeps at most 1.25 MB of unread ones and drops the oldest. */
export function sessionDatagrams(
  quic: Deno.QuicConn,
  sessionId: number,
): Datagrams {
  return new SessionDatagrams(quic, sessionId);
}

class SessionDatagrams implements Datagrams {
  readonly isUnreliable = true;
  readonly incoming: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => this.#read(),
  };
  readonly #quic: Deno.QuicConn;
  readonly #quarterId: number;
  readonly #prefix: Uint8Array;
  #sending = 0;

  constructor(quic: Deno.QuicConn, sessionId: number) {
    this.#quic = quic;
    this.#quarterId = sessionId / 4;
    this.#prefix = encodePrefix(this.#quarterId);
  }

  get maxBytes(): number {
    return Math.max(0, this.#quic.maxDatagramSize - this.#prefix.byteLength);
  }

  send(payload: Uint8Array): void {
    const isTooMuch = payload.byteLength > this.maxBytes ||
      this.#sending >= MAX_SENDING;
    if (isTooMuch) return;
    const whole = new Uint8Array(this.#prefix.byteLength + payload.byteLength);
    whole.set(this.#prefix);
    whole.set(payload, this.#prefix.byteLength);
    this.#sending++;
    const done = () => {
      // Sent, or lost with the connection: a datagram promises nothing.
      this.#sending--;
    };
    this.#quic.sendDatagram(whole).then(done, done);
  }

  async *#read(): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      const whole = await this.#next();
      if (!whole) return;
      const payload = this.#payloadOf(whole);
      if (payload) yield payload;
    }
  }

  async #next(): Promise<Uint8Array | undefined> {
    try {
      return await this.#quic.readDatagram();
    } catch {
      return undefined; // The connection has ended; the transport's `closed` says how.
    }
  }

  /** The payload, unless it is for another session or broken: those are dropped silently. */
  #payloadOf(whole: Uint8Array): Uint8Array | undefined {
    if (whole.byteLength === 0) return undefined;
    const length = varintLength(whole[0]!);
    if (whole.byteLength < length) return undefined;
    if (readVarint(whole, 0) !== this.#quarterId) return undefined;
    return whole.subarray(length);
  }
}
