/**
 * What qmux runs over: whole messages, in order, none lost. A WebSocket and a
 * MessagePort are two of these.
 *
 * @module
 */

/** How a channel ended. */
export interface ChannelClose {
  /** What the channel itself says about it. */
  readonly reason: string;
  /** The failure behind it, when there was one. */
  readonly error?: Error | undefined;
}

/** An ordered, reliable channel of messages. */
export interface MessageChannelLike {
  /** Resolves when messages can be sent, or when the channel has ended before; never rejects. */
  readonly opened: Promise<void>;
  /** Sends a message, which belongs to the channel from here on; never throws, a failure shows in `closed`. */
  send(message: Uint8Array<ArrayBuffer>): void;
  /** Bytes that were sent and have not left yet; 0 where nobody knows. */
  readonly bufferedAmount: number;
  /** What comes, in order, for one reader; text as a string. Ends with the channel. */
  readonly messages: AsyncIterable<Uint8Array | string>;
  /** Ends the channel behind what was sent; idempotent, never throws. */
  close(): void;
  /** Resolves once it has ended; never rejects. */
  readonly closed: Promise<ChannelClose>;
}
