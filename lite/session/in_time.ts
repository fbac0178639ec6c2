/**
 * Waits for the peer that are bounded in time, each with the error that says
 * what was waited for.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import { type Clock, deadline } from "../time.ts";

/** How long a peer may take to allow another stream. */
const CREDIT_TIMEOUT_MS = 10_000;

/** Options of {@linkcode inTime}. */
interface InTimeOptions {
  readonly clock: Clock;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
  /** How long it may take, in milliseconds. */
  readonly ms: number;
  /** What was expected: the message of the error. */
  readonly expected: string;
}

/** What `work` resolves with; its signal aborts after `ms`. Throws `MoqError("timeout")` then, and `signal.reason`. */
export async function inTime<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { clock, signal, ms, expected }: InTimeOptions,
): Promise<T> {
  const patience = deadline(clock, ms, signal);
  try {
    return await work(patience.signal);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (!patience.signal.aborted) throw error;
    throw new MoqError("timeout", expected, { cause: error });
  } finally {
    patience.clear();
  }
}

/** As {@linkcode inTime} for `open`, which waits until the peer allows another stream. RFC 9000, section 4.6. */
export function withCredit<T>(
  open: (signal: AbortSignal) => Promise<T>,
  options: Pick<InTimeOptions, "clock" | "signal">,
): Promise<T> {
  const ms = CREDIT_TIMEOUT_MS;
  const expected =
    `Expected the peer to allow another request within ${ms} ms, as many as it allows are open; ask for fewer tracks at once or raise the peer's stream limit`;
  return inTime(open, { ...options, ms, expected });
}
