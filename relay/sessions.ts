/**
 * The sessions that are being served, as operators see them.
 *
 * @module
 */
import type { MoqError, Session } from "@moq-deno/lite";
import type { Grant, IncomingPeer, PeerTransport } from "./auth/auth.ts";

/** What is known about a session from its start on. */
export type SessionFacts = {
  /** The transport. */
  readonly transport: Exclude<PeerTransport, "http">;
  /** The agreed protocol. */
  readonly protocol?: string | undefined;
  /** The peer's address, `host:port`, if known. */
  readonly remote?: string | undefined;
  /** The path that it is below; `""` is everything. */
  readonly path: string;
  /** Who the peer is by its token; never the token itself. */
  readonly subject?: string | undefined;
  /** The peer's role, if it named one. */
  readonly role?: "publisher" | "subscriber" | undefined;
  /** A label to count the session under. */
  readonly tier?: string | undefined;
  /** Whether the peer is a relay of the cluster. */
  readonly isPeer: boolean;
};

/** What is known about a peer that was let in. */
export function factsOf(
  { transport, protocol, remote }: IncomingPeer,
  { root: path, subject, tier, isRelay: isPeer = false, role }: Grant & {
    readonly role: SessionFacts["role"];
  },
): SessionFacts {
  const who = { transport, protocol, remote, path, subject };
  return { ...who, role, tier, isPeer };
}

/** A session and its number in the log. */
interface Numbered {
  readonly number: number;
  readonly session: Session;
}

interface Listed extends Numbered {
  readonly facts: SessionFacts;
  readonly since: Date;
}

/** One session in the answer of `/sessions`. */
export type SessionReport = Readonly<
  Record<string, string | number | boolean | undefined>
>;

/** The sessions being served. */
export class SessionList {
  readonly #all: Map<number, Listed> = new Map();

  /** Adds a session until it ends. */
  add(facts: SessionFacts, { number, session }: Numbered): void {
    this.#all.set(number, { number, session, facts, since: new Date() });
    session.closed.then(() => this.#all.delete(number));
  }

  /** How many sessions there are. */
  get size(): number {
    return this.#all.size;
  }

  /** Ends a session with `error`; returns what is known about it, `undefined` if there is none. */
  end(number: number, error: MoqError): SessionFacts | undefined {
    const listed = this.#all.get(number);
    listed?.session.close(error);
    return listed?.facts;
  }

  /** Every session, oldest first. Sessions may come and go between two of them. */
  *report(): Generator<SessionReport, void> {
    for (const { number: id, session, facts, since } of this.#all.values()) {
      const { isPeer, ...known } = facts;
      const { sentBytes, receivedBytes, subscriptions } = session.stats;
      yield {
        id,
        ...known,
        relay: isPeer,
        since: since.toISOString(),
        sent_bytes: sentBytes,
        received_bytes: receivedBytes,
        subscriptions,
      };
    }
  }
}
