/**
 * The client's side of a session: over a transport that agreed on a draft by
 * name, or one where that is still to be done.
 *
 * @module
 */
import type { Transport } from "../transport/transport.ts";
import { agreeInBand, needsInBand } from "./in_band.ts";
import type { SessionOptions, SessionScopes } from "./options.ts";
import { openSession, type Session } from "./session.ts";

/** Options of {@linkcode negotiateSession}. */
interface NegotiateOptions extends SessionOptions, Partial<SessionScopes> {
  /** Ends the wait for an agreement. */
  readonly signal?: AbortSignal | undefined;
}

/** As `openSession`, after agreeing on a draft in band where no protocol name did. Failures as `agreeInBand`. */
export async function negotiateSession(
  transport: Transport,
  options: NegotiateOptions,
): Promise<Session> {
  if (!needsInBand(transport)) return openSession(transport, options);
  const { setup, signal, clock } = options;
  const path = setup?.path;
  const inBand = await agreeInBand(transport, { path, signal, clock });
  return openSession(inBand.transport, { ...options, inBand });
}
