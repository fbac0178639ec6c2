/**
 * A barrier: a tiny request that every peer answers at once, whatever the
 * draft; see this folder's README. moq-lite, "ANNOUNCE_REQUEST".
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

/** What a barrier asks for: a prefix that nobody announces under. */
const PREFIX = "~b";

/** The connection to measure. */
export interface BarrierContext {
  /** What it runs over. */
  readonly transport: Transport;
  /** The draft spoken. */
  readonly version: Version;
  /** Aborts when the session ends. */
  readonly signal: AbortSignal;
}

/** How one barrier goes. */
interface CrossOptions {
  /** `LAST_ORDER` for a low barrier, `CONTROL_ORDER` for a high one. */
  readonly sendOrder: number;
  /** Runs when it is written: all that was written before is ahead of it. */
  readonly onSent?: (() => void) | undefined;
}

/**
 * Sends a barrier, as soon as there is credit for a stream, and waits for the
 * first sign of an answer: data, FIN or a reset, which is an answer like any
 * other. Throws `signal.reason`, and what ends the connection.
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
    // The FIN at once is what makes drafts 03 and 04 answer.
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
