/**
 * Datagrams on Deno's QUIC connections: bare, or those of one WebTransport
 * session, which begin with its id divided by 4. RFC 9221, RFC 9297 section 2.1.
 *
 * @module
 */
import { Writer } from "../bytes/cursor.ts";
import { readVarint, varintLength } from "../bytes/varint.ts";
import type { Datagrams } from "../transport/transport.ts";

const MAX_SENDING = 64;

/** Deno keeps at most 1.25 MB of unread datagrams and drops the oldest. */
export class QuicDatagrams implements Datagrams {
  readonly isUnreliable = true;
  readonly incoming: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => this.#receive(),
  };
  readonly #conn: Deno.QuicConn;
  readonly #quarterId: number | undefined;
  readonly #prefix: Uint8Array;
  #sending = 0;

  /** For bare datagrams, or those of WebTransport session `sessionId`. */
  constructor(conn: Deno.QuicConn, sessionId?: number) {
    this.#conn = conn;
    this.#quarterId = sessionId === undefined ? undefined : sessionId / 4;
    const prefix = new Writer();
    if (this.#quarterId !== undefined) prefix.varint(this.#quarterId);
    this.#prefix = prefix.finish();
  }

  get maxBytes(): number {
    return Math.max(0, this.#conn.maxDatagramSize - this.#prefix.byteLength);
  }

  send(payload: Uint8Array): void {
    if (this.#sending >= MAX_SENDING) return;
    if (payload.byteLength > this.maxBytes) return;
    this.#sending++;
    // A datagram that fails is lost, which datagrams may be.
    const done = (): void => void this.#sending--;
    this.#conn.sendDatagram(this.#whole(payload)).then(done, done);
  }

  #whole(payload: Uint8Array): Uint8Array {
    const { byteLength } = this.#prefix;
    if (byteLength === 0) return payload;
    const whole = new Uint8Array(byteLength + payload.byteLength);
    whole.set(this.#prefix);
    whole.set(payload, byteLength);
    return whole;
  }

  async *#receive(): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      const reading = this.#conn.readDatagram();
      const whole = await reading.catch(() => undefined); // The connection has ended, and `closed` says how.
      if (!whole) return;
      const payload = this.#payloadOf(whole);
      if (payload) yield payload;
    }
  }

  /** The payload; `undefined` if it is malformed or for another session, which is dropped silently. */
  #payloadOf(whole: Uint8Array): Uint8Array | undefined {
    if (this.#quarterId === undefined) return whole;
    if (whole.byteLength === 0) return undefined;
    const length = varintLength(whole[0]!);
    if (whole.byteLength < length) return undefined;
    if (readVarint(whole, 0) !== this.#quarterId) return undefined;
    return whole.subarray(length);
  }
}
