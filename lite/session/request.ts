/**
 * A request of the peer's.
 *
 * @module
 */
import type { BidiStream } from "../transport/transport.ts";
import type { MessageReader } from "./streams.ts";

/** Its stream, and a reader of the peer's half past the type. */
export interface IncomingRequest {
  /** The stream. */
  readonly stream: BidiStream;
  /** The peer's half. */
  readonly reader: MessageReader;
}
