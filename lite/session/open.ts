/**
 * Opens the client's side of a session, and negotiates a draft in band if the
 * transport has not.
 *
 * @module
 */
import type { Transport } from "../transport/transport.ts";
import { agreeInBand, needsInBand } from "./in_band.ts";
import type { SessionOptions, SessionScopes } from "./options.ts";
import { openSession, type Session } from "./session.ts";

/** Options of {@linkcode negotiateSession}. */
interface NegotiateOptions extends SessionOptions, Partial<SessionScopes> {
  /** Aborts the negotiation. */
  readonly signal?: AbortSignal | undefined;
}

/** As `openSession`, after negotiating a draft in band if the transport has no protocol name. Throws as `agreeInBand` does. */
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
