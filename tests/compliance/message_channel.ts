/**
 * Both ends of a message channel in memory, for qmux without a network. Tests can
 * hold messages back and write raw frames.
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

/** One end. Messages reach the other end at once unless they are held. */
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

  /** Holds all later messages. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Delivers the held messages, and stops holding. */
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

  /** Sends a text message, which qmux never does. */
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

/** A peer that writes raw frames and returns the frames it receives. */
export class RawPeer {
  readonly #channel: TestChannel;
  readonly #wire: QmuxWire;
  readonly #frames: AsyncGenerator<QmuxFrame, void, undefined>;

  constructor(channel: TestChannel, wire: QmuxWire) {
    this.#channel = channel;
    this.#wire = wire;
    this.#frames = this.#read();
  }

  /** Sends each frame in a separate message. */
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
      if (!value) throw new Error(`The channel ended without a ${type} frame`);
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
