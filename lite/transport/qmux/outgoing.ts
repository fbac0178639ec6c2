/**
 * Chooses the next message: control frames first, then datagrams, then streams,
 * strictly by send order and round-robin among equals.
 *
 * @module
 */
import { joinBytes } from "../../bytes/join.ts";
import { varintSize } from "../../bytes/varint.ts";
import { SendCredit } from "./flow.ts";
import {
  encodeFrame,
  MAX_STREAM_HEADER_BYTES,
  type QmuxFrame,
} from "./frame.ts";
import type { QmuxSendStream } from "./send.ts";
import {
  hasFlowControl,
  hasRecords,
  MAX_STREAM_PAYLOAD_BYTES,
  type QmuxWire,
  RECORD_BYTES,
} from "./wire.ts";

const MAX_WAITING_DATAGRAMS = 64;
/** Room in a message below which no stream is begun, in bytes. */
const MIN_ROOM_BYTES = 256;

/** The queues of one session, cut into messages. */
export class QmuxOutgoing {
  /** The peer's credit for all streams together. */
  readonly credit: SendCredit;
  readonly #wire: QmuxWire;
  readonly #control: Uint8Array[] = [];
  readonly #datagrams: Uint8Array[] = [];
  // Streams with data that their own credit covers, longest waiting first.
  readonly #streams = new Set<QmuxSendStream>();
  #controlBytes = 0;

  /** Starts with empty queues, and without credit if there is flow control. */
  constructor(wire: QmuxWire) {
    this.#wire = wire;
    this.credit = new SendCredit(hasFlowControl(wire) ? 0 : Infinity);
  }

  /** Queued bytes of control frames; many mean that the peer does not read. */
  get controlBytes(): number {
    return this.#controlBytes;
  }

  /** Whether nothing is queued, with or without credit. */
  get isEmpty(): boolean {
    return this.#control.length + this.#datagrams.length +
        this.#streams.size === 0;
  }

  /** Queues a frame that is sent before everything else. */
  control(frame: QmuxFrame): void {
    const bytes = encodeFrame(frame, this.#wire);
    this.#control.push(bytes);
    this.#controlBytes += bytes.byteLength;
  }

  /** Queues a copy of a datagram; drops it if too many are queued. */
  datagram(payload: Uint8Array): void {
    if (this.#datagrams.length >= MAX_WAITING_DATAGRAMS) return;
    this.#datagrams.push(
      encodeFrame({ type: "datagram", data: payload }, this.#wire),
    );
  }

  /** Queues `stream` if it has something to send. */
  add(stream: QmuxSendStream): void {
    if (stream.sendableBytes > 0 || stream.owesFin) this.#streams.add(stream);
  }

  /** Removes `stream` from the queue. */
  remove(stream: QmuxSendStream): void {
    this.#streams.delete(stream);
  }

  /** Drops datagrams and streams before a close; can keep streams that are complete. */
  drop(options: { readonly keepComplete: boolean }): void {
    this.#datagrams.length = 0;
    for (const stream of this.#streams) {
      if (!options.keepComplete || !stream.isClosing) {
        this.#streams.delete(stream);
      }
    }
  }

  /** The next message to send, `undefined` if nothing can be sent now. */
  next(): Uint8Array<ArrayBuffer> | undefined {
    const frames: Uint8Array[] = [];
    const most = hasRecords(this.#wire) ? Infinity : 1;
    let room = RECORD_BYTES;
    while (frames.length < most) {
      const frame = this.#nextFrame(room);
      if (!frame) break;
      frames.push(frame);
      room -= frame.byteLength;
    }
    return frames.length === 0 ? undefined : joinBytes(frames);
  }

  #nextFrame(room: number): Uint8Array | undefined {
    if (this.#control.length > 0) {
      if (this.#control[0]!.byteLength > room) return undefined;
      const frame = this.#control.shift()!;
      this.#controlBytes -= frame.byteLength;
      return frame;
    }
    if (this.#datagrams.length > 0) {
      return this.#datagrams[0]!.byteLength > room
        ? undefined
        : this.#datagrams.shift();
    }
    return room < MIN_ROOM_BYTES ? undefined : this.#nextStreamFrame(room);
  }

  #nextStreamFrame(room: number): Uint8Array | undefined {
    const stream = this.#nextStream();
    if (!stream) return undefined;
    const length = Math.min(
      room - MAX_STREAM_HEADER_BYTES,
      MAX_STREAM_PAYLOAD_BYTES,
      stream.sendableBytes,
      this.credit.available,
    );
    this.credit.take(length);
    this.#streams.delete(stream);
    const frame = stream.takeFrame(length, this.#wire);
    this.add(stream);
    return frame;
  }

  #nextStream(): QmuxSendStream | undefined {
    let best: QmuxSendStream | undefined;
    for (const stream of this.#streams) {
      if (best && stream.sendOrder <= best.sendOrder) continue;
      if (this.credit.available > 0 || stream.owesFin) best = stream;
    }
    return best;
  }
}

/** The largest payload whose DATAGRAM frame takes at most `frameBytes`. */
export function maxDatagramPayload(frameBytes: number): number {
  const room = Math.min(frameBytes, RECORD_BYTES);
  return Math.max(0, room - 1 - varintSize(room));
}
