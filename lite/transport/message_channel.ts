/**
 * The channel below qmux: whole messages, in order, without loss. WebSocket and
 * MessagePort are such channels.
 *
 * @module
 */

/** How a channel ended. */
export interface ChannelClose {
  /** The channel's own description. */
  readonly reason: string;
  /** The underlying failure, if any. */
  readonly error?: Error | undefined;
}

/** An ordered, reliable channel of messages. */
export interface MessageChannelLike {
  /** Resolves when messages can be sent, or the channel has ended; never rejects. */
  readonly opened: Promise<void>;
  /** Sends and takes ownership of a message. Never throws: failures appear in `closed`. */
  send(message: Uint8Array<ArrayBuffer>): void;
  /** Bytes sent that are still buffered; 0 if unknown. */
  readonly bufferedAmount: number;
  /** Received messages, in order, for one reader; text as a string. Ends with the channel. */
  readonly messages: AsyncIterable<Uint8Array | string>;
  /** Ends the channel after the sent messages; idempotent, never throws. */
  close(): void;
  /** Resolves once it has ended; never rejects. */
  readonly closed: Promise<ChannelClose>;
}
