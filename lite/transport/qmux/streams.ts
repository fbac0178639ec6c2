/**
 * The streams of one qmux session: which exist, who may open more, and what
 * frames about them mean; RFC 9000 sections 2 to 4.
 *
 * @module
 */
import { MoqError } from "../../error.ts";
import { Latch } from "../../latch.ts";
import { Inbox } from "../inbox.ts";
import { PeerStreams, ReceiveWindow, SendCredit } from "./flow.ts";
import type { QmuxFrame, ResetFrame, StreamFrame } from "./frame.ts";
import type { QmuxOutgoing } from "./outgoing.ts";
import { NO_PARAMETERS, type QmuxParameters } from "./parameters.ts";
import { QmuxReceiveStream, type ReceiveEvents } from "./receive.ts";
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
import type { BidiStream, ReceiveStream } from "../transport.ts";

// Without flow control the peer knows no bounds, so these are generous and end the session.
const LEGACY_WINDOW_BYTES = 16 * 1024 * 1024;
const LEGACY_STREAMS = 4096;

/** What the streams of a session share. */
interface StreamsInit {
  /** How frames are written. */
  readonly wire: QmuxWire;
  /** Which end we are. */
  readonly role: QmuxRole;
  /** What we allow the peer. */
  readonly own: QmuxParameters;
  /** Where frames go. */
  readonly outgoing: QmuxOutgoing;
  /** Woken when there is something to send. */
  readonly work: Latch;
}

/** A stream the peer opened: its place is free again once it was taken and all its halves are over. */
interface PeerStream {
  taken: boolean;
  openHalves: number;
}

/** The halves of all streams by id; frames that break a rule throw `MoqError`. */
export class QmuxStreams implements SendEvents, ReceiveEvents {
  /** Woken when more streams may be opened. */
  readonly credit = new Latch();
  readonly #wire: QmuxWire;
  readonly #role: QmuxRole;
  readonly #own: QmuxParameters;
  readonly #outgoing: QmuxOutgoing;
  readonly #work: Latch;
  readonly #window: ReceiveWindow;
  readonly #sends = new Map<number, QmuxSendStream>();
  readonly #receives = new Map<number, QmuxReceiveStream>();
  readonly #peerStreams = new Map<number, PeerStream>();
  readonly #uni = new Inbox<QmuxReceiveStream>();
  readonly #bidi = new Inbox<BidiStream & { receive: QmuxReceiveStream }>();
  readonly #opened: Record<Direction, number> = { bidi: 0, uni: 0 };
  readonly #openCredit: Record<Direction, SendCredit>;
  readonly #peerOpened: Record<Direction, PeerStreams>;
  #peer: QmuxParameters = NO_PARAMETERS;

  /** No streams yet. */
  constructor(init: StreamsInit) {
    this.#wire = init.wire;
    this.#role = init.role;
    this.#own = init.own;
    this.#outgoing = init.outgoing;
    this.#work = init.work;
    const open = this.#hasLimits ? 0 : Infinity;
    this.#openCredit = {
      bidi: new SendCredit(open),
      uni: new SendCredit(open),
    };
    this.#peerOpened = this.#hasLimits
      ? {
        bidi: new PeerStreams(init.own.maxStreamsBidi),
        uni: new PeerStreams(init.own.maxStreamsUni),
      }
      : {
        bidi: new PeerStreams(LEGACY_STREAMS),
        uni: new PeerStreams(LEGACY_STREAMS),
      };
    this.#window = this.#receiveWindow(init.own.maxData);
  }

  get #hasLimits(): boolean {
    return hasFlowControl(this.#wire);
  }

  /** Halves that exist now, for tests to see that nothing is left behind. */
  get size(): number {
    return this.#sends.size + this.#receives.size + this.#peerStreams.size;
  }

  /** A new stream in one direction, `undefined` while the peer allows none. */
  openUni(sendOrder: number): QmuxSendStream | undefined {
    const id = this.#nextId("uni");
    if (id === undefined) return undefined;
    return this.#addSend(id, { sendOrder, limit: this.#peer.maxStreamDataUni });
  }

  /** A new stream in both directions, `undefined` while the peer allows none. */
  openBidi(sendOrder: number): BidiStream | undefined {
    const id = this.#nextId("bidi");
    if (id === undefined) return undefined;
    const limit = this.#peer.maxStreamDataBidiRemote;
    const send = this.#addSend(id, { sendOrder, limit });
    return { send, receive: this.#addReceive(id) };
  }

  /** Unidirectional streams of the peer; taking one makes room for another. */
  readonly incomingUni: AsyncIterable<ReceiveStream> = {
    [Symbol.asyncIterator]: () => this.#takeUni(),
  };

  /** As {@linkcode QmuxStreams.incomingUni}, both directions. */
  readonly incomingBidi: AsyncIterable<BidiStream> = {
    [Symbol.asyncIterator]: () => this.#takeBidi(),
  };

  /** The peer's parameters came. */
  allow(peer: QmuxParameters): void {
    this.#peer = peer;
    this.allowData(peer.maxData);
    this.allowStreams("bidi", peer.maxStreamsBidi);
    this.allowStreams("uni", peer.maxStreamsUni);
    for (const stream of this.#sends.values()) {
      stream.allow(this.#initialLimit(stream.id));
    }
  }

  /** MAX_DATA. */
  allowData(max: number): void {
    this.#outgoing.credit.raise(max);
    this.#work.wake();
  }

  /** MAX_STREAMS. */
  allowStreams(direction: Direction, max: number): void {
    this.#openCredit[direction].raise(max);
    this.credit.wake();
  }

  /** MAX_STREAM_DATA. */
  allowStreamData(id: number, max: number): void {
    this.#sendOf(id)?.allow(max);
  }

  /** STREAM. */
  receive(frame: StreamFrame): void {
    this.#receiveOf(frame.id)?.receive(frame);
  }

  /** RESET_STREAM. */
  reset(frame: ResetFrame): void {
    this.#receiveOf(frame.id)?.peerReset(frame);
  }

  /** STOP_SENDING. */
  stop(id: number, code: number): void {
    this.#sendOf(id)?.peerStopped(code);
  }

  /** The session is over. */
  end(error: MoqError): void {
    for (const stream of this.#sends.values()) stream.lost();
    for (const stream of this.#receives.values()) stream.lost(error);
    this.#sends.clear();
    this.#receives.clear();
    this.#peerStreams.clear();
    this.#uni.end();
    this.#bidi.end();
    this.credit.wake();
  }

  sendable(stream: QmuxSendStream): void {
    this.#outgoing.add(stream);
    this.#work.wake();
  }

  sendReset(stream: QmuxSendStream, frame: QmuxFrame): void {
    this.#outgoing.remove(stream);
    this.#outgoing.control(frame);
    this.#work.wake();
  }

  sendDone(stream: QmuxSendStream): void {
    if (this.#sends.delete(stream.id)) this.#halfDone(stream.id);
  }

  receiveControl(frame: QmuxFrame): void {
    const isGrant = frame.type !== "stop";
    if (isGrant && !this.#hasLimits) return;
    this.#outgoing.control(frame);
    this.#work.wake();
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

  #nextId(direction: Direction): number | undefined {
    const credit = this.#openCredit[direction];
    if (credit.available < 1) return undefined;
    credit.take(1);
    return streamId(this.#opened[direction]++, direction, this.#role);
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
    const own = this.#own;
    let bytes = own.maxStreamDataUni;
    if (directionOf(id) === "bidi") {
      bytes = openerOf(id) === this.#role
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
    return openerOf(id) === this.#role
      ? this.#peer.maxStreamDataBidiRemote
      : this.#peer.maxStreamDataBidiLocal;
  }

  // An ended half is no longer here, and what comes late for it is ignored.
  #receiveOf(id: number): QmuxReceiveStream | undefined {
    if (openerOf(id) !== this.#role) this.#hear(id);
    else if (directionOf(id) === "uni") throw wrongWay(id);
    else this.#checkOpened(id);
    return this.#receives.get(id);
  }

  #sendOf(id: number): QmuxSendStream | undefined {
    if (openerOf(id) === this.#role) this.#checkOpened(id);
    else if (directionOf(id) === "uni") throw wrongWay(id);
    else this.#hear(id);
    return this.#sends.get(id);
  }

  #checkOpened(id: number): void {
    if (indexOf(id) < this.#opened[directionOf(id)]) return;
    throw new MoqError(
      "protocol",
      `Expected a stream that was opened, got stream ${id}`,
    );
  }

  /** Any frame about a stream of the peer's may be the first. */
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

  async *#takeUni(): AsyncGenerator<ReceiveStream, void, undefined> {
    for await (const stream of this.#uni) {
      this.#take(stream.id);
      yield stream;
    }
  }

  async *#takeBidi(): AsyncGenerator<BidiStream, void, undefined> {
    for await (const stream of this.#bidi) {
      this.#take(stream.receive.id);
      yield stream;
    }
  }

  #take(id: number): void {
    const stream = this.#peerStreams.get(id);
    if (!stream) return;
    stream.taken = true;
    this.#releaseWhenOver(id, stream);
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
    `Expected a frame that fits the direction of its stream, got one for stream ${id}`,
  );
}
