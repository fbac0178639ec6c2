/**
 * A transport over one ordered channel of messages: streams, credit, resets
 * and datagrams as frames. draft-ietf-quic-qmux-00 to -02, and the form
 * before drafts.
 *
 * @module
 */
import { asMoqError, MoqError } from "../../error.ts";
import { Latch } from "../../latch.ts";
import { Tasks } from "../../tasks.ts";
import { type Clock, systemClock } from "../../time.ts";
import { Inbox } from "../inbox.ts";
import { boundReason, DEFAULT_MAX_REQUESTS } from "../limits.ts";
import type { MessageChannelLike } from "../message_channel.ts";
import { decodeMessage } from "./decode.ts";
import type { CloseFrame, QmuxFrame } from "./frame.ts";
import { IdleState } from "./idle.ts";
import { FrameOrder } from "./order.ts";
import { maxDatagramPayload, QmuxOutgoing } from "./outgoing.ts";
import type { QmuxParameters } from "./parameters.ts";
import { QmuxStreams } from "./streams.ts";
import {
  hasFlowControl,
  hasRecords,
  isStrict,
  PROTOCOL_VIOLATION,
  type QmuxRole,
  type QmuxWire,
  RECORD_BYTES,
  UNSUPPORTED_DATA,
} from "./wire.ts";
import { endedError } from "../stream_end.ts";
import type {
  BidiStream,
  Datagrams,
  OpenOptions,
  ReceiveStream,
  SendStream,
  Transport,
  TransportClose,
  TransportKind,
} from "../transport.ts";

/** What every transport over qmux can be given. */
export interface QmuxTuning {
  /** What we allow the peer, where it differs from {@linkcode DEFAULT_PARAMETERS}. */
  readonly parameters?:
    | Partial<Omit<QmuxParameters, "maxRecordBytes" | "resetStreamAt">>
    | undefined;
  /** Time for keep-alive, idle timeout and back-pressure. */
  readonly clock?: Clock | undefined;
}

/** Options of {@linkcode qmuxTransport}. */
export interface QmuxOptions extends QmuxTuning {
  /** What the channel is. */
  readonly kind?: TransportKind | undefined;
  /** Which end of the channel we are. */
  readonly role: QmuxRole;
  /** The wire form both ends agreed on. */
  readonly wire: QmuxWire;
  /** The application protocol both ends agreed on. */
  readonly protocol?: string | undefined;
}

/** What a peer may do unless it is told otherwise: at most 1 MiB unread per session. */
export const DEFAULT_PARAMETERS: QmuxParameters = {
  maxIdleMs: 30_000,
  maxData: 1024 * 1024,
  maxStreamDataBidiLocal: 256 * 1024,
  maxStreamDataBidiRemote: 256 * 1024,
  maxStreamDataUni: 256 * 1024,
  maxStreamsBidi: DEFAULT_MAX_REQUESTS,
  maxStreamsUni: 1024,
  maxDatagramBytes: RECORD_BYTES,
  maxRecordBytes: RECORD_BYTES,
  resetStreamAt: false,
};

/** Bytes in the channel over which nothing is added: what is there can be neither overtaken nor withdrawn. Less where it drains slowly. */
const MAX_CHANNEL_BYTES = 64 * 1024;
const MIN_CHANNEL_BYTES = 16 * 1024;
/** Bytes of control frames over which the peer is taken for one that does not read. */
const MAX_CONTROL_BYTES = 256 * 1024;
const MAX_WAITING_DATAGRAMS = 128;
const FIRST_POLL_MS = 1;
const MAX_POLL_MS = 32;
/** Still not drained after this long, the channel is slow. */
const SLOW_POLL_MS = 8;

/** A transport over `channel`, which belongs to it from here on. */
export function qmuxTransport(
  channel: MessageChannelLike,
  options: QmuxOptions,
): Transport {
  return new QmuxTransport(channel, options);
}

class QmuxTransport implements Transport {
  readonly kind: TransportKind | undefined;
  readonly protocol: string | undefined;
  readonly reliableReset = true;
  readonly incomingUni: AsyncIterable<ReceiveStream>;
  readonly incomingBidi: AsyncIterable<BidiStream>;
  readonly datagrams: Datagrams | undefined;
  readonly #channel: MessageChannelLike;
  readonly #wire: QmuxWire;
  readonly #clock: Clock;
  readonly #own: QmuxParameters;
  readonly #outgoing: QmuxOutgoing;
  readonly #streams: QmuxStreams;
  readonly #idle: IdleState;
  readonly #order: FrameOrder | undefined;
  readonly #work = new Latch();
  readonly #datagramsIn = new Inbox<Uint8Array>(MAX_WAITING_DATAGRAMS);
  readonly #closed = Promise.withResolvers<TransportClose>();
  readonly #tasks = new Tasks((_name, error) => this.#fail(error));
  #peer: QmuxParameters | undefined;
  #isOpen = false;
  #ended: TransportClose | undefined;
  #pollMs = FIRST_POLL_MS;
  #channelBytes = MAX_CHANNEL_BYTES;
  #cancelPoll: (() => void) | undefined;
  #cancelIdle: (() => void) | undefined;
  #pingsSent = 0n;

  constructor(channel: MessageChannelLike, options: QmuxOptions) {
    const { wire, role, protocol, clock = systemClock } = options;
    const own = { ...DEFAULT_PARAMETERS, ...options.parameters };
    this.#own = hasRecords(wire) ? own : { ...own, maxDatagramBytes: 0 };
    this.kind = options.kind;
    this.#channel = channel;
    this.#wire = wire;
    this.#clock = clock;
    this.protocol = protocol;
    this.#outgoing = new QmuxOutgoing(wire);
    this.#streams = new QmuxStreams({
      wire,
      role,
      own,
      outgoing: this.#outgoing,
      work: this.#work,
    });
    this.incomingUni = this.#streams.incomingUni;
    this.incomingBidi = this.#streams.incomingBidi;
    if (hasRecords(wire)) this.datagrams = this.#makeDatagrams();
    if (isStrict(wire)) this.#order = new FrameOrder();
    const idleMs = hasRecords(wire) ? own.maxIdleMs : 0;
    this.#idle = new IdleState(idleMs, clock.now());
    this.#tasks.run("send", this.#runSend());
    this.#tasks.run("receive", this.#runReceive());
  }

  get closed(): Promise<TransportClose> {
    return this.#closed.promise;
  }

  openUni(options?: OpenOptions): Promise<SendStream> {
    return this.#streams.openUni(options);
  }

  openBidi(options?: OpenOptions): Promise<BidiStream> {
    return this.#streams.openBidi(options);
  }

  close(code: number, reason: string): void {
    const close = { code, reason: boundReason(reason) };
    this.#end(close, { type: "application-close", ...close });
  }

  #makeDatagrams(): Datagrams {
    const maxBytes = (): number =>
      maxDatagramPayload(this.#peer?.maxDatagramBytes ?? 0);
    return {
      isUnreliable: false,
      get maxBytes(): number {
        return maxBytes();
      },
      send: (payload) => {
        if (this.#ended || payload.byteLength > maxBytes()) return;
        this.#outgoing.datagram(payload);
        this.#work.wake();
      },
      incoming: this.#datagramsIn,
    };
  }

  async #runSend(): Promise<void> {
    await this.#channel.opened;
    this.#isOpen = true;
    if (hasFlowControl(this.#wire)) {
      this.#send({ type: "parameters", parameters: this.#own });
    }
    this.#armIdle();
    while (!this.#ended) {
      this.#pump();
      await this.#work.changed();
    }
  }

  /** Hands messages to the channel while it has room; looks again later when it has none. */
  #pump(): void {
    this.#cancelPoll?.();
    if (this.#outgoing.controlBytes > MAX_CONTROL_BYTES) {
      const bytes = this.#outgoing.controlBytes;
      const message = `Peer stopped reading: ${bytes} bytes of control wait`;
      this.#fail(new MoqError("protocol", message));
      return;
    }
    while (this.#channel.bufferedAmount < this.#channelBytes) {
      const message = this.#outgoing.next();
      if (!message) return;
      this.#transmit(message);
      this.#pollMs = FIRST_POLL_MS;
    }
    if (this.#outgoing.isEmpty) return;
    // No channel says when it has drained, so it is asked ever more rarely.
    this.#cancelPoll = this.#clock.after(this.#pollMs, () => this.#poll());
  }

  #poll(): void {
    const isEmpty = this.#channel.bufferedAmount === 0;
    if (isEmpty) {
      this.#channelBytes = Math.min(this.#channelBytes * 2, MAX_CHANNEL_BYTES);
    } else if (this.#pollMs >= SLOW_POLL_MS) {
      this.#channelBytes = Math.max(this.#channelBytes / 2, MIN_CHANNEL_BYTES);
    }
    this.#pollMs = Math.min(this.#pollMs * 2, MAX_POLL_MS);
    this.#work.wake();
  }

  #transmit(message: Uint8Array<ArrayBuffer>): void {
    this.#idle.sent(this.#clock.now());
    this.#channel.send(message);
  }

  /** Sends a frame before anything that waits. */
  #send(frame: QmuxFrame): void {
    this.#outgoing.control(frame);
    this.#work.wake();
  }

  #armIdle(): void {
    if (this.#ended) return;
    const ms = this.#idle.nextIn(this.#clock.now());
    if (ms === undefined) return;
    this.#cancelIdle?.();
    this.#cancelIdle = this.#clock.after(ms, () => this.#checkIdle());
  }

  #checkIdle(): void {
    const now = this.#clock.now();
    const action = this.#idle.due(now);
    if (action === "expire") {
      const error = new MoqError(
        "transport",
        "Peer sent nothing for the idle timeout",
      );
      this.#end({ reason: error.message, error });
      return;
    }
    if (action === "ping") {
      const sequence = this.#pingsSent++;
      this.#order?.pingSent(sequence);
      this.#send({ type: "ping", sequence });
      // Counts as sent already: a channel without room must not collect pings.
      this.#idle.sent(now);
    }
    this.#armIdle();
  }

  async #runReceive(): Promise<void> {
    for await (const message of this.#channel.messages) {
      this.#receive(message);
      if (this.#ended) break;
    }
    const { reason, error } = await this.#channel.closed;
    this.#end({ reason, error: error ?? new MoqError("transport", reason) });
  }

  #receive(message: Uint8Array | string): void {
    if (typeof message === "string") {
      const error = new MoqError("protocol", "Expected bytes, got text");
      this.#fail(error, UNSUPPORTED_DATA);
      return;
    }
    this.#idle.received(this.#clock.now());
    try {
      for (const frame of decodeMessage(message, this.#wire)) {
        this.#handle(frame);
        if (this.#ended) return;
      }
    } catch (error) {
      this.#fail(asMoqError(error));
    }
  }

  #handle(frame: QmuxFrame): void {
    this.#order?.check(frame);
    if (this.#streams.take(frame)) return;
    switch (frame.type) {
      case "parameters":
        return this.#handleParameters(frame.parameters);
      case "datagram":
        return this.#handleDatagram(frame.data);
      case "ping":
        return this.#send({ type: "pong", sequence: frame.sequence });
      case "application-close":
      case "connection-close":
        return this.#end(closedByPeer(frame));
    }
    // Nothing to do for the others: that they came is what counts.
  }

  #handleParameters(peer: QmuxParameters): void {
    if (this.#peer) return;
    this.#peer = peer;
    this.#streams.allow(peer);
    if (hasRecords(this.#wire)) this.#idle.limit(peer.maxIdleMs);
    this.#armIdle();
  }

  #handleDatagram(payload: Uint8Array): void {
    const most = this.#own.maxDatagramBytes;
    if (payload.byteLength >= most) {
      throw new MoqError(
        "protocol",
        `Expected a datagram of less than ${most} bytes, got ${payload.byteLength}`,
      );
    }
    // A copy: a view would keep the whole message alive.
    this.#datagramsIn.push(payload.slice());
  }

  #fail(error: MoqError, code = PROTOCOL_VIOLATION): void {
    const reason = boundReason(error.message);
    this.#end({ reason, error }, { type: "connection-close", code, reason });
  }

  /** The one place where the session ends; the first call counts. */
  #end(close: TransportClose, frame?: CloseFrame): void {
    if (this.#ended) return;
    this.#ended = close;
    this.#cancelPoll?.();
    this.#cancelIdle?.();
    if (this.#isOpen) this.#flush(frame);
    else this.#channel.opened.then(() => this.#flush(frame));
    this.#streams.end(endedError(close));
    this.#datagramsIn.end();
    this.#work.wake();
    this.#closed.resolve(close);
  }

  /** Sends what is complete, as far as credit goes, then the close. */
  #flush(frame: CloseFrame | undefined): void {
    if (frame) {
      const keepComplete = frame.type === "application-close";
      this.#outgoing.drop({ keepComplete });
      this.#drain();
      this.#outgoing.control(frame);
      this.#drain();
    }
    this.#channel.close();
  }

  #drain(): void {
    for (;;) {
      const message = this.#outgoing.next();
      if (!message) return;
      this.#transmit(message);
    }
  }
}

function closedByPeer(frame: CloseFrame): TransportClose {
  const { code, reason } = frame;
  if (frame.type === "application-close") return { code, reason };
  const error = new MoqError(
    "transport",
    `Peer closed the connection with code ${code}: ${reason}`,
    { remoteCode: code },
  );
  return { reason, error };
}
