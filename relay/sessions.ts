/**
 * The sessions that are being served, as operators see them.
 *
 * @module
 */
import type { MoqError, Session } from "@moq-deno/lite";
import { SLICE_STEPS, type Turns } from "@moq-deno/lite/internal";
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
export interface NumberedSession {
  /** As the log calls it. */
  readonly number: number;
  /** The session. */
  readonly session: Session;
}

interface Listed extends NumberedSession {
  readonly facts: SessionFacts;
  readonly since: Date;
}

/** The sessions being served. */
export class SessionList {
  readonly #all: Map<number, Listed> = new Map();

  /** Adds a session until it ends. */
  add(facts: SessionFacts, { number, session }: NumberedSession): void {
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

  /** All sessions in JSON, oldest first, in slices: there may be ten thousand. */
  async json(turns: Turns): Promise<string> {
    const lines: string[] = [];
    for (const listed of this.#all.values()) {
      if (lines.length % SLICE_STEPS === 0) await turns.take(SLICE_STEPS, this);
      lines.push(JSON.stringify(reportOf(listed)));
    }
    return `{"sessions":[${lines.join(",\n")}]}\n`;
  }
}

/** The answer of `/sessions` without any. */
export const NO_SESSIONS = '{"sessions":[]}\n';

function reportOf({ number: id, session, facts, since }: Listed): object {
  const { isPeer, ...known } = facts;
  const { sentBytes, receivedBytes, subscriptions } = session.stats;
  return {
    id,
    ...known,
    relay: isPeer,
    since: since.toISOString(),
    sent_bytes: sentBytes,
    received_bytes: receivedBytes,
    subscriptions,
  };
}
