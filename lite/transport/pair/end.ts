/**
 * One end of a pair of transports in one process: streams, their limits,
 * datagrams and the close, over any carrier.
 *
 * @module
 */
import { MoqError } from "../../error.ts";
import { Latch } from "../../latch.ts";
import { onAbort } from "../../signal.ts";
import { Inbox } from "../inbox.ts";
import { boundReason, checkSendOrder } from "../limits.ts";
import { endedError } from "../stream_end.ts";
import type {
  BidiStream,
  Datagrams,
  OpenOptions,
  ReceiveStream,
  SendStream,
  Transport,
  TransportClose,
} from "../transport.ts";
import type { Carrier } from "./carrier.ts";
import { ReceiveHalf } from "./receive_half.ts";
import { SendHalf } from "./send_half.ts";

/** Options of both ends of a pair. */
export interface PairOptions {
  /** The ALPN or subprotocol of both ends. */
  readonly protocol?: string | undefined;
  /** `false`: a reset reaches the peer as a FIN, as with Deno's QUIC. Default `true`. */
  readonly reliableReset?: boolean | undefined;
  /** Bytes of one stream that may be in flight or unread. Default 256 KiB. */
  readonly windowBytes?: number | undefined;
  /** Unidirectional streams each end may have open. Default 1024. */
  readonly maxUniStreams?: number | undefined;
  /** Bidirectional streams each end may have open. Default 128. */
  readonly maxBidiStreams?: number | undefined;
  /** Largest datagram. Default 1200; 0 for a pair without datagrams. */
  readonly maxDatagramBytes?: number | undefined;
  /** An abort loses the connection at both ends, without a code. */
  readonly signal?: AbortSignal | undefined;
}

const MAX_WAITING_DATAGRAMS = 256;

interface Pipe {
  readonly send: SendHalf;
  readonly receive: ReceiveHalf;
}

interface PipeOptions {
  readonly sendOrder: number;
  /** Events of the receiving and the sending side, each at its own end. */
  readonly arrived?: () => void;
  readonly received?: () => void;
  readonly sent?: () => void;
}

/** Counts the streams that may still be opened. */
interface Credit {
  left: number;
}

/** A transport whose peer is another `PairEnd`, see {@linkcode joinEnds}. */
class PairEnd implements Transport {
  readonly protocol: string | undefined;
  readonly reliableReset: boolean;
  readonly incomingUni: Inbox<ReceiveStream> = new Inbox();
  readonly incomingBidi: Inbox<BidiStream> = new Inbox();
  readonly datagrams: Datagrams | undefined;
  readonly #carrier: Carrier;
  readonly #windowBytes: number;
  readonly #latch = new Latch();
  readonly #uniCredit: Credit;
  readonly #bidiCredit: Credit;
  readonly #senders = new Set<SendHalf>();
  readonly #receivers = new Set<ReceiveHalf>();
  readonly #datagramsIn = new Inbox<Uint8Array>(MAX_WAITING_DATAGRAMS);
  readonly #closed = Promise.withResolvers<TransportClose>();
  #peer: PairEnd | undefined;
  #closing = false;
  #ended = false;

  /** Sends through `carrier`. */
  constructor(carrier: Carrier, options: PairOptions) {
    this.#carrier = carrier;
    this.protocol = options.protocol;
    this.reliableReset = options.reliableReset ?? true;
    this.#windowBytes = options.windowBytes ?? 256 * 1024;
    this.#uniCredit = { left: options.maxUniStreams ?? 1024 };
    this.#bidiCredit = { left: options.maxBidiStreams ?? 128 };
    const maxBytes = options.maxDatagramBytes ?? 1200;
    if (maxBytes > 0) {
      this.datagrams = {
        isUnreliable: true,
        maxBytes,
        send: (payload) => this.#sendDatagram(payload, maxBytes),
        incoming: this.#datagramsIn,
      };
    }
  }

  get closed(): Promise<TransportClose> {
    return this.#closed.promise;
  }

  /** Sets the other end; called once, on both. */
  join(peer: PairEnd): void {
    this.#peer = peer;
  }

  async openUni(options: OpenOptions = {}): Promise<SendStream> {
    const sendOrder = checkSendOrder(options.sendOrder);
    await this.#takeCredit(this.#uniCredit, options.signal);
    const peer = this.#other();
    const pipe = this.#pipe(peer, {
      sendOrder,
      arrived: () => void peer.incomingUni.push(pipe.receive),
      received: () => this.#returnCredit(this.#uniCredit, peer),
    });
    return pipe.send;
  }

  async openBidi(options: OpenOptions = {}): Promise<BidiStream> {
    const sendOrder = checkSendOrder(options.sendOrder);
    await this.#takeCredit(this.#bidiCredit, options.signal);
    const peer = this.#other();
    let halves = 2;
    // The peer counts a stream as ended when it has read our half to the end and ended its own.
    const halfDone = (): void => {
      if (--halves === 0) this.#returnCredit(this.#bidiCredit, peer);
    };
    const back = peer.#pipe(this, { sendOrder, sent: halfDone });
    const out = this.#pipe(peer, {
      sendOrder,
      arrived: () =>
        void peer.incomingBidi.push({ send: back.send, receive: out.receive }),
      received: halfDone,
    });
    return { send: out.send, receive: back.receive };
  }

  close(code: number, reason: string): void {
    if (this.#closing || this.#ended) return;
    this.#closing = true;
    this.#latch.wake();
    void this.#shut({ code, reason: boundReason(reason) }); // Never rejects.
  }

  /** Ends only this end, after the peer's close or a loss. */
  end(close: TransportClose): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#carrier.stop();
    const error = endedError(close);
    for (const sender of this.#senders) sender.stop(undefined);
    for (const receiver of this.#receivers) receiver.fail(error);
    this.incomingUni.end();
    this.incomingBidi.end();
    this.#datagramsIn.end();
    this.#latch.wake();
    this.#closed.resolve(close);
  }

  async #shut(close: TransportClose): Promise<void> {
    await this.#carrier.flushed();
    const peer = this.#other();
    this.#carrier.control(() => peer.end(close));
    this.end(close);
  }

  #other(): PairEnd {
    if (!this.#peer) throw new TypeError("Expected a joined pair, got one end");
    return this.#peer;
  }

  async #takeCredit(credit: Credit, signal?: AbortSignal): Promise<void> {
    const release = this.#latch.wakeOn(signal);
    try {
      for (;;) {
        signal?.throwIfAborted();
        if (this.#closing || this.#ended) throw endedError({ reason: "" });
        if (credit.left > 0) break;
        await this.#latch.changed();
      }
    } finally {
      release();
    }
    credit.left--;
  }

  /** `peer` allows one more stream. */
  #returnCredit(credit: Credit, peer: PairEnd): void {
    peer.#carrier.control(() => {
      credit.left++;
      this.#latch.wake();
    });
  }

  /** One direction of a stream, from here to `peer`. */
  #pipe(peer: PairEnd, options: PipeOptions): Pipe {
    const receive: ReceiveHalf = new ReceiveHalf(this.#windowBytes, {
      arrived: () => options.arrived?.(),
      credit: (limit) => peer.#carrier.control(() => send.grant(limit)),
      stopped: (code) => peer.#carrier.control(() => send.stop(code)),
      done: () => {
        peer.#receivers.delete(receive);
        options.received?.();
      },
    });
    const send = new SendHalf({
      sendOrder: options.sendOrder,
      windowBytes: this.#windowBytes,
      reliableReset: this.reliableReset,
      carrier: this.#carrier,
      receiver: receive,
      onDone: () => {
        if (this.#senders.delete(send)) options.sent?.();
      },
    });
    this.#senders.add(send);
    peer.#receivers.add(receive);
    return { send, receive };
  }

  #sendDatagram(payload: Uint8Array, maxBytes: number): void {
    if (this.#closing || this.#ended || payload.byteLength > maxBytes) return;
    const peer = this.#other();
    const copy = payload.slice();
    this.#carrier.datagram(
      copy.byteLength,
      () => void peer.#datagramsIn.push(copy),
    );
  }
}

/** Two transports that are each other's peer. */
export function joinEnds(
  carriers: readonly [Carrier, Carrier],
  options: PairOptions,
): [Transport, Transport] {
  const one = new PairEnd(carriers[0], options);
  const two = new PairEnd(carriers[1], options);
  one.join(two);
  two.join(one);
  const lose = (): void => {
    const error = new MoqError("transport", "The connection was lost");
    for (const end of [one, two]) end.end({ reason: error.message, error });
  };
  onAbort(options.signal, lose);
  return [one, two];
}
