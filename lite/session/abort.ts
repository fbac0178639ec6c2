/**
 * The one place that ends a stream early. Where the runtime cannot send
 * RESET_STREAM, a reset looks like a clean end, so the stream must end inside
 * something: half a varint where the bytes so far could pass for complete.
 *
 * @module
 */
import { type MoqError, streamCodeOf } from "../error.ts";
import type { SendStream, Transport } from "../transport/transport.ts";
import { codeTable, type Version } from "../wire/version.ts";

/** First byte of a two-byte varint. */
const HALF_A_VARINT = new Uint8Array([0x40]);

/** The connection a stream is on. */
export interface AbortContext {
  /** What it runs over. */
  readonly transport: Transport;
  /** The draft spoken. */
  readonly version: Version;
}

/** Ends a stream of whole messages, so that the peer sees a refusal and not a clean end. */
export function abortMessages(
  stream: SendStream,
  error: MoqError,
  { transport, version }: AbortContext,
): void {
  if (!transport.reliableReset) stream.write(HALF_A_VARINT);
  stream.reset(streamCodeOf(error, codeTable(version)));
}

/** Ends a group's stream; `looksComplete` says whether what was written could pass for a whole group. */
export function abortGroup(
  stream: SendStream,
  error: MoqError,
  context: AbortContext & { readonly looksComplete: boolean },
): void {
  const { transport, version, looksComplete } = context;
  if (!transport.reliableReset && looksComplete) stream.write(HALF_A_VARINT);
  stream.reset(streamCodeOf(error, codeTable(version)));
}
