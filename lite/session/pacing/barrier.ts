/**
 * A barrier: a tiny request that every peer answers at once, on every draft; see
 * this folder's README. moq-lite, "ANNOUNCE_REQUEST".
 *
 * @module
 */
import { asMoqError } from "../../error.ts";
import { onAbort } from "../../signal.ts";
import type { Transport } from "../../transport/transport.ts";
import { encodeAnnounceRequest } from "../../wire/announce.ts";
import { BidiType } from "../../wire/stream_type.ts";
import type { Version } from "../../wire/version.ts";
import { withType } from "../streams.ts";

/** The prefix that a barrier requests; no broadcast is announced under it. */
const PREFIX = "~b";

/** The connection to measure. */
export interface BarrierContext {
  /** The connection. */
  readonly transport: Transport;
  /** The negotiated draft. */
  readonly version: Version;
  /** Aborts when the session ends. */
  readonly signal: AbortSignal;
}

/** How one barrier goes. */
interface CrossOptions {
  /** `LAST_ORDER` for a low barrier, `CONTROL_ORDER` for a high one. */
  readonly sendOrder: number;
  /** Called when it is written: everything written before is ahead of it. */
  readonly onSent?: (() => void) | undefined;
}

/**
 * Sends a barrier as soon as there is credit for a stream, and waits for an
 * answer: data, FIN or a reset. Throws `signal.reason`, and the error of a lost
 * connection.
 */
export async function crossBarrier(
  { transport, version, signal }: BarrierContext,
  { sendOrder, onSent }: CrossOptions,
): Promise<void> {
  const { send, receive } = await transport.openBidi({ sendOrder, signal });
  const release = onAbort(signal, () => receive.stop(0));
  try {
    const request = encodeAnnounceRequest({ prefix: PREFIX }, version);
    send.write(withType(BidiType.announce, request));
    // Drafts 03 and 04 answer because of the immediate FIN.
    send.close();
    onSent?.();
    await receive.read(new Uint8Array(64));
  } catch (error) {
    signal.throwIfAborted();
    if (asMoqError(error).code !== "remote") throw error;
  } finally {
    release();
    receive.stop(0);
  }
  signal.throwIfAborted();
}
