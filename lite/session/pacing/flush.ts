/**
 * Waiting until a peer has what was written: transports take bytes long before
 * they have sent them, and drop the rest when they are closed.
 *
 * @module
 */
import { onAbort } from "../../signal.ts";
import { type BarrierContext, openBarrier } from "./barrier.ts";
import { LAST_ORDER } from "../priority.ts";

/** Resolves when all that was written to the transport before has arrived; throws `signal.reason` and what ends the connection. */
export async function flush(context: BarrierContext): Promise<void> {
  const { signal } = context;
  const barrier = await openBarrier(context, LAST_ORDER);
  const release = onAbort(signal, () => barrier.cancel());
  try {
    barrier.send();
    await barrier.answered();
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    release();
  }
  signal.throwIfAborted();
}
