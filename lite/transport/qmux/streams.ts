/**
 * The streams of one qmux session: their halves, stream limits, and the frames
 * about them; RFC 9000 sections 2 to 4.
 *
 * @module
 */
import { MoqError } from "../../error.ts";
import { Latch } from "../../latch.ts";
import { Inbox } from "../inbox.ts";
import { PeerStreamCredit, ReceiveWindow, SendCredit } from "./flow.ts";
import type { QmuxFrame, ResetFrame } from "./frame.ts";
import type { QmuxOutgoing } from "./outgoing.ts";
import { NO_PARAMETERS, type QmuxParameters } from "./parameters.ts";
import { type QmuxReceiveEvents, QmuxReceiveStream } from "./receive.ts";
import { QmuxSendStream, type SendEvents } from "./send.ts";
import {
  type Direction,
  directionOf,
  hasFlowControl,
  indexOf,
  openerOf,
  type QmuxRole,
  type QmuxWire,
  streamId,
} from "./wire.ts";
import { checkSendOrder } from "../limits.ts";
import type {
  BidiStream,
  OpenOptions,
  ReceiveStream,
  SendStream,
} from "../transport.ts";

// Without flow control the peer does not know limits, so these are generous, and exceeding them ends the session.
const LEGACY_WINDOW_BYTES = 16 * 1024 * 1024;
const LEGACY_STREAMS = 4096;

/** Options of {@linkcode QmuxStreams}. */
interface StreamsInit {
  /** The wire form. */
  readonly wire: QmuxWire;
  /** Which end we are. */
  readonly role: QmuxRole;
  /** Limits for the peer. */
  readonly own: QmuxParameters;
  /** Queues frames. */
  readonly outgoing: QmuxOutgoing;
  /** Woken when there is something to send. */
  readonly work: Latch;
}

/** A stream of the peer: released once it was taken and its halves have ended. */
interface PeerStream {
  taken: boolean;
  openHalves: number;
}

/** The halves of all streams by id; frames that break a rule throw `MoqError`. */
export class QmuxStreams implements SendEvents, QmuxReceiveEvents {
  // Woken when more streams may be opened.
  readonly #credit = new Latch();
  readonly #init: StreamsInit;
  readonly #window: ReceiveWindow;
  readonly #sends = new Map<number, QmuxSendStream>();
  readonly #receives = new Map<number, QmuxReceiveStream>();
  readonly #peerStreams = new Map<number, PeerStream>();
  readonly #uni = new Inbox<QmuxReceiveStream>();
  readonly #bidi = new Inbox<BidiStream & { receive: QmuxReceiveStream }>();
  readonly #opened: Record<Direction, number> = { bidi: 0, uni: 0 };
  readonly #openCredit: Record<Direction, SendCredit>;
  readonly #peerOpened: Record<Direction, PeerStreamCredit>;
  #peer: QmuxParameters = NO_PARAMETERS;
  #ended: MoqError | undefined;

  /** Starts without streams. */
  constructor(init: StreamsInit) {
    this.#init = init;
    const open = this.#hasLimits ? 0 : Infinity;
    this.#openCredit = {
      bidi: new SendCredit(open),
      uni: new SendCredit(open),
    };
    const { maxStreamsBidi, maxStreamsUni, maxData } = init.own;
    const most = (streams: number): PeerStreamCredit =>
      new PeerStreamCredit(this.#hasLimits ? streams : LEGACY_STREAMS);
    this.#peerOpened = { bidi: most(maxStreamsBidi), uni: most(maxStreamsUni) };
    this.#window = this.#receiveWindow(maxData);
  }

  get #hasLimits(): boolean {
    return hasFlowControl(this.#init.wire);
  }

  /** Number of halves, for tests that nothing leaks. */
  get size(): number {
    return this.#sends.size + this.#receives.size + this.#peerStreams.size;
  }

  /** As `Transport.openUni`. */
  async openUni(options: OpenOptions = {}): Promise<SendStream> {
    const sendOrder = checkSendOrder(options.sendOrder);
    const id = this.#nextId("uni", options.signal) ??
      await this.#waitForId("uni", options.signal);
    return this.#addSend(id, { sendOrder, limit: this.#peer.maxStreamDataUni });
  }

  /** As `Transport.openBidi`. */
  async openBidi(options: OpenOptions = {}): Promise<BidiStream> {
    const sendOrder = checkSendOrder(options.sendOrder);
    const id = this.#nextId("bidi", options.signal) ??
      await this.#waitForId("bidi", options.signal);
    const limit = this.#peer.maxStreamDataBidiRemote;
    const send = this.#addSend(id, { sendOrder, limit });
    return { send, receive: this.#addReceive(id) };
  }

  /** Unidirectional streams of the peer; taking one allows another. */
  readonly incomingUni: AsyncIterable<ReceiveStream> = this.#taking(
    this.#uni,
    (stream) => stream.id,
  );

  /** As {@linkcode QmuxStreams.incomingUni}, both directions. */
  readonly incomingBidi: AsyncIterable<BidiStream> = this.#taking(
    this.#bidi,
    ({ receive }) => receive.id,
  );

  /** Handles a frame about streams; `false` if it is another frame. */
  take(frame: QmuxFrame): boolean {
    switch (frame.type) {
      case "stream":
        this.#receiveOf(frame.id)?.receive(frame);
        return true;
      case "reset":
        this.#reset(frame);
        return true;
      case "stop":
        this.#sendOf(frame.id)?.peerStopped(frame.code);
        return true;
      case "max-data":
        this.#allowData(frame.max);
        return true;
      case "max-stream-data":
        this.#sendOf(frame.id)?.allow(frame.max);
        return true;
      case "max-streams":
        this.#allowStreams(frame.direction, frame.max);
        return true;
    }
    return false;
  }

  /** Applies the peer's parameters. */
  allow(peer: QmuxParameters): void {
    this.#peer = peer;
    this.#allowData(peer.maxData);
    this.#allowStreams("bidi", peer.maxStreamsBidi);
    this.#allowStreams("uni", peer.maxStreamsUni);
    for (const stream of this.#sends.values()) {
      stream.allow(this.#initialLimit(stream.id));
    }
  }

  #allowData(max: number): void {
    this.#init.outgoing.credit.raise(max);
    this.#init.work.wake();
  }

  #allowStreams(direction: Direction, max: number): void {
    this.#openCredit[direction].raise(max);
    this.#credit.wake();
  }

  #reset(frame: ResetFrame): void {
    if (frame.reliableSize !== undefined) {
      throw new MoqError(
        "protocol",
        "Peer sent RESET_STREAM_AT, which was not allowed",
      );
    }
    this.#receiveOf(frame.id)?.peerReset(frame);
  }

  /** Ends all streams with the session. */
  end(error: MoqError): void {
    this.#ended = error;
    for (const stream of this.#sends.values()) stream.lost();
    for (const stream of this.#receives.values()) stream.lost(error);
    this.#sends.clear();
    this.#receives.clear();
    this.#peerStreams.clear();
    this.#uni.end();
    this.#bidi.end();
    this.#credit.wake();
  }

  sendable(stream: QmuxSendStream): void {
    this.#init.outgoing.add(stream);
    this.#init.work.wake();
  }

  sendReset(stream: QmuxSendStream, frame: QmuxFrame): void {
    this.#init.outgoing.remove(stream);
    this.#init.outgoing.control(frame);
    this.#init.work.wake();
  }

  sendDone(stream: QmuxSendStream): void {
    if (this.#sends.delete(stream.id)) this.#halfDone(stream.id);
  }

  receiveControl(frame: QmuxFrame): void {
    const isGrant = frame.type !== "stop";
    if (isGrant && !this.#hasLimits) return;
    this.#init.outgoing.control(frame);
    this.#init.work.wake();
  }

  receivedBytes(bytes: number): void {
    this.#window.receive(bytes);
  }

  consumedBytes(bytes: number): void {
    const max = this.#window.consume(bytes);
    if (max !== undefined) this.receiveControl({ type: "max-data", max });
  }

  receiveDone(stream: QmuxReceiveStream): void {
    if (this.#receives.delete(stream.id)) this.#halfDone(stream.id);
  }

  /** The id of a new stream, `undefined` if the peer allows none. */
  #nextId(direction: Direction, signal?: AbortSignal): number | undefined {
    signal?.throwIfAborted();
    if (this.#ended) throw this.#ended;
    const credit = this.#openCredit[direction];
    if (credit.available < 1) return undefined;
    credit.take(1);
    return streamId(this.#opened[direction]++, direction, this.#init.role);
  }

  async #waitForId(
    direction: Direction,
    signal?: AbortSignal,
  ): Promise<number> {
    const release = this.#credit.wakeOn(signal);
    try {
      for (;;) {
        await this.#credit.changed();
        const id = this.#nextId(direction, signal);
        if (id !== undefined) return id;
      }
    } finally {
      release();
    }
  }

  #addSend(
    id: number,
    options: { readonly sendOrder: number; readonly limit: number },
  ): QmuxSendStream {
    const stream = new QmuxSendStream({
      id,
      sendOrder: options.sendOrder,
      credit: new SendCredit(this.#hasLimits ? options.limit : Infinity),
      events: this,
    });
    this.#sends.set(id, stream);
    return stream;
  }

  #addReceive(id: number): QmuxReceiveStream {
    const own = this.#init.own;
    let bytes = own.maxStreamDataUni;
    if (directionOf(id) === "bidi") {
      bytes = openerOf(id) === this.#init.role
        ? own.maxStreamDataBidiLocal
        : own.maxStreamDataBidiRemote;
    }
    const window = this.#receiveWindow(bytes);
    const stream = new QmuxReceiveStream(id, window, this);
    this.#receives.set(id, stream);
    return stream;
  }

  #receiveWindow(bytes: number): ReceiveWindow {
    return new ReceiveWindow(this.#hasLimits ? bytes : LEGACY_WINDOW_BYTES);
  }

  #initialLimit(id: number): number {
    if (directionOf(id) === "uni") return this.#peer.maxStreamDataUni;
    return openerOf(id) === this.#init.role
      ? this.#peer.maxStreamDataBidiRemote
      : this.#peer.maxStreamDataBidiLocal;
  }

  // An ended half is not found, and late frames for it are ignored.
  #receiveOf(id: number): QmuxReceiveStream | undefined {
    if (openerOf(id) !== this.#init.role) this.#hear(id);
    else if (directionOf(id) === "uni") throw wrongWay(id);
    else this.#checkOpened(id);
    return this.#receives.get(id);
  }

  #sendOf(id: number): QmuxSendStream | undefined {
    if (openerOf(id) === this.#init.role) this.#checkOpened(id);
    else if (directionOf(id) === "uni") throw wrongWay(id);
    else this.#hear(id);
    return this.#sends.get(id);
  }

  #checkOpened(id: number): void {
    if (indexOf(id) < this.#opened[directionOf(id)]) return;
    throw new MoqError(
      "protocol",
      `Peer sent a frame for stream ${id}, which was not opened`,
    );
  }

  /** Any frame may be the first of a stream of the peer. */
  #hear(id: number): void {
    const direction = directionOf(id);
    if (!this.#peerOpened[direction].open(indexOf(id))) return;
    const isBidi = direction === "bidi";
    this.#peerStreams.set(id, { taken: false, openHalves: isBidi ? 2 : 1 });
    const receive = this.#addReceive(id);
    if (!isBidi) {
      this.#uni.push(receive);
      return;
    }
    const limit = this.#peer.maxStreamDataBidiLocal;
    const send = this.#addSend(id, { sendOrder: 0, limit });
    this.#bidi.push({ send, receive });
  }

  #taking<T>(inbox: Inbox<T>, idOf: (item: T) => number): AsyncIterable<T> {
    const take = (item: T): T => {
      const id = idOf(item);
      const stream = this.#peerStreams.get(id);
      if (!stream) return item;
      stream.taken = true;
      this.#releaseWhenOver(id, stream);
      return item;
    };
    return {
      async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
        for await (const item of inbox) yield take(item);
      },
    };
  }

  #halfDone(id: number): void {
    const stream = this.#peerStreams.get(id);
    if (!stream) return;
    stream.openHalves--;
    this.#releaseWhenOver(id, stream);
  }

  #releaseWhenOver(id: number, stream: PeerStream): void {
    if (!stream.taken || stream.openHalves > 0) return;
    this.#peerStreams.delete(id);
    const direction = directionOf(id);
    const max = this.#peerOpened[direction].release();
    if (max === undefined) return;
    this.receiveControl({ type: "max-streams", direction, max });
  }
}

function wrongWay(id: number): MoqError {
  return new MoqError(
    "protocol",
    `Peer sent a frame in the wrong direction of stream ${id}`,
  );
}
