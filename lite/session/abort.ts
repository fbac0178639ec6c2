/**
 * The only place that aborts streams. If the runtime cannot send RESET_STREAM, a
 * reset looks like a clean end, so where the bytes so far could pass for
 * complete, half a varint is written first.
 *
 * @module
 */
import { type MoqError, streamCodeOf } from "../error.ts";
import type { SendStream } from "../transport/transport.ts";
import { codeTable } from "../wire/version.ts";
import type { SessionContext } from "./context.ts";

/** First byte of a two-byte varint. */
const HALF_A_VARINT = new Uint8Array([0x40]);

/** Options of {@linkcode abortStream}. */
export interface AbortOptions
  extends Pick<SessionContext, "transport" | "version"> {
  /** Whether the written bytes could pass for complete messages or a whole group. Default `true`. */
  readonly looksComplete?: boolean;
}

/** Aborts a stream: the peer sees a refusal or a cut group, not a clean end. */
export function abortStream(
  stream: SendStream,
  error: MoqError,
  { transport, version, looksComplete = true }: AbortOptions,
): void {
  if (!transport.reliableReset && looksComplete) stream.write(HALF_A_VARINT);
  stream.reset(streamCodeOf(error, codeTable(version)));
}
