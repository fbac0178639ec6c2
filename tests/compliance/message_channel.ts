/**
 * Both ends of a message channel in memory, for qmux without a network: held
 * up at will, and with a hand to write raw frames.
 *
 * @module
 */
import { Inbox } from "../../lite/transport/inbox.ts";
import type {
  ChannelClose,
  MessageChannelLike,
} from "../../lite/transport/message_channel.ts";
import { decodeMessage } from "../../lite/transport/qmux/decode.ts";
import {
  encodeFrame,
  type QmuxFrame,
} from "../../lite/transport/qmux/frame.ts";
import type { QmuxWire } from "../../lite/transport/qmux/wire.ts";

/** One end; what it sends is with the other end at once unless it is held. */
export class TestChannel implements MessageChannelLike {
  readonly opened: Promise<void> = Promise.resolve();
  readonly messages: Inbox<Uint8Array | string> = new Inbox();
  /** Every message that was sent. */
  readonly sent: Uint8Array[] = [];
  readonly #closed = Promise.withResolvers<ChannelClose>();
  readonly #held: Uint8Array[] = [];
  #peer: TestChannel | undefined;
  #isHeld = false;
  #heldBytes = 0;

  get closed(): Promise<ChannelClose> {
    return this.#closed.promise;
  }

  get bufferedAmount(): number {
    return this.#heldBytes;
  }

  join(peer: TestChannel): void {
    this.#peer = peer;
  }

  /** Keeps what is sent from here on. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Lets everything go that was kept, and what follows too. */
  release(): void {
    this.#isHeld = false;
    this.#heldBytes = 0;
    for (const message of this.#held.splice(0)) {
      this.#peer!.messages.push(message);
    }
  }

  send(message: Uint8Array): void {
    this.sent.push(message);
    this.#held.push(message);
    this.#heldBytes += message.byteLength;
    if (!this.#isHeld) this.release();
  }

  /** Sends what no qmux would. */
  sendText(text: string): void {
    this.#peer!.messages.push(text);
  }

  close(): void {
    this.release();
    this.#end();
    this.#peer!.#end();
  }

  #end(): void {
    this.messages.end();
    this.#closed.resolve({ reason: "The channel ended" });
  }
}

/** Two ends of one channel. */
export function channelPair(): [TestChannel, TestChannel] {
  const one = new TestChannel();
  const two = new TestChannel();
  one.join(two);
  two.join(one);
  return [one, two];
}

/** A peer by hand: it writes the frames it is told to and hands out those it gets. */
export class RawPeer {
  readonly #channel: TestChannel;
  readonly #wire: QmuxWire;
  readonly #frames: AsyncGenerator<QmuxFrame, void, undefined>;

  constructor(channel: TestChannel, wire: QmuxWire) {
    this.#channel = channel;
    this.#wire = wire;
    this.#frames = this.#read();
  }

  /** Sends each frame as a message of its own. */
  send(...frames: readonly QmuxFrame[]): void {
    for (const frame of frames) {
      this.#channel.send(encodeFrame(frame, this.#wire).slice());
    }
  }

  /** The next frame of `type`, skipping others; fails at the end of the channel. */
  async next<T extends QmuxFrame["type"]>(
    type: T,
  ): Promise<QmuxFrame & { type: T }> {
    for (;;) {
      const { value } = await this.#frames.next();
      if (!value) throw new Error(`Expected a ${type} frame, got the end`);
      if (isType(value, type)) return value;
    }
  }

  async *#read(): AsyncGenerator<QmuxFrame, void, undefined> {
    for await (const message of this.#channel.messages) {
      if (typeof message === "string") continue;
      yield* decodeMessage(message, this.#wire);
    }
  }
}

function isType<T extends QmuxFrame["type"]>(
  frame: QmuxFrame,
  type: T,
): frame is QmuxFrame & { type: T } {
  return frame.type === type;
}
