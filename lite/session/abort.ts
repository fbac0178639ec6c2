/**
 * The only place that aborts streams. If the runtime cannot send RESET_STREAM, a
 * reset looks like a clean end, so where the bytes so far could pass for
 * complete, half a varint is written first.
 *
 * @module
 */
import { type MoqError, streamCodeOf } from "../error.ts";
import type { SendStream, Transport } from "../transport/transport.ts";
import { codeTable, type Version } from "../wire/version.ts";

/** First byte of a two-byte varint. */
const HALF_A_VARINT = new Uint8Array([0x40]);

/** The stream's connection. */
export interface AbortContext {
  /** The connection. */
  readonly transport: Transport;
  /** The negotiated draft. */
  readonly version: Version;
}

/** Aborts a stream of whole messages: the peer sees a refusal, not a clean end. */
export function abortMessages(
  stream: SendStream,
  error: MoqError,
  { transport, version }: AbortContext,
): void {
  if (!transport.reliableReset) stream.write(HALF_A_VARINT);
  stream.reset(streamCodeOf(error, codeTable(version)));
}

/** Aborts a group's stream; `looksComplete` says whether the written bytes could pass for a whole group. */
export function abortGroup(
  stream: SendStream,
  error: MoqError,
  context: AbortContext & { readonly looksComplete: boolean },
): void {
  const { transport, version, looksComplete } = context;
  if (!transport.reliableReset && looksComplete) stream.write(HALF_A_VARINT);
  stream.reset(streamCodeOf(error, codeTable(version)));
}
