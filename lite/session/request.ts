/**
 * Requests of the peer and ours, one stream each.
 *
 * @module
 */
import type { BidiStream, SendStream } from "../transport/transport.ts";
import type { Version } from "../wire/version.ts";
import { MessageReader } from "./streams.ts";

/** A request of the peer, after the type of its stream. */
export interface IncomingRequest {
  /** The stream. */
  readonly stream: BidiStream;
  /** The peer's half. */
  readonly reader: MessageReader;
}

/** A request of ours, whose first message was written. */
export interface OutgoingRequest {
  /** Our half. */
  readonly send: SendStream;
  /** The peer's half. */
  readonly reader: MessageReader;
  /** Ends the request; idempotent. */
  end(): void;
}

/** Makes a request of a stream of ours. */
export function outgoingRequest(
  { send, receive }: BidiStream,
  version: Version,
): OutgoingRequest {
  const reader = new MessageReader(receive, { version });
  return {
    send,
    reader,
    end: () => {
      // The peer reads the end of our half even if it has nothing to send.
      send.close();
      reader.cancel();
    },
  };
}
