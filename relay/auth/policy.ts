/**
 * What our own auth server answers with: tokens, certificates that the relay
 * has verified, anybody, in this order, and bounds on sessions at a time.
 *
 * @module
 */
import { type Clock, MoqError } from "@moq-deno/lite";
import {
  type Authorizer,
  type Grant,
  PublicAuth,
  requestToken,
} from "./auth.ts";
import type { PublicRules } from "../config/rules.ts";
import type { JsonObject } from "../token/mod.ts";
import { NoAnonymousAuth } from "./token_auth.ts";

/** A relay's question, as far as it matters here. */
export interface Question {
  /** The session's id. */
  readonly id: string;
  /** What happens to it. */
  readonly event: "connect" | "revalidate" | "end";
  /** The path dialled. */
  readonly path: string;
  /** The query dialled, without `?`. */
  readonly query: string;
  /** The peer's address without its port. */
  readonly address: string | undefined;
  /** The token in SETUP, where there is one. */
  readonly token: SetupToken | undefined;
  /** The certificate presented, where there is one. */
  readonly certificate: { readonly expires: number | undefined } | undefined;
}

/** A token that came in SETUP. */
export interface SetupToken {
  /** 0 is a JWT. */
  readonly kind: number;
  /** The bytes as text. */
  readonly text: string;
}

/** Options of {@linkcode Policy}. */
interface PolicyOptions {
  /** Decides about a path with `jwt=` in its query. */
  readonly tokens: Authorizer;
  /** What anybody may do. */
  readonly everybody: PublicRules;
  /** What holders of a certificate may do. */
  readonly certificates: PublicRules;
  /** Seconds after which relays ask again. */
  readonly revalidateS: number | undefined;
  /** Seconds that a grant lasts which has no end of its own. */
  readonly expiresS: number | undefined;
  /** A label for relays that count by it. */
  readonly tier: string | undefined;
  /** Most sessions at a time with one token. */
  readonly perToken: number | undefined;
  /** Most sessions at a time from one address. */
  readonly perAddress: number | undefined;
  /** Time. */
  readonly clock: Clock;
}

interface Slot {
  readonly token: string | undefined;
  readonly address: string | undefined;
  readonly seenMs: number;
}

function refused(message: string): MoqError {
  return new MoqError("unauthorized", message);
}

/** Decides about questions. */
export class Policy {
  readonly #options: PolicyOptions;
  readonly #everybody: Authorizer;
  readonly #certificates: Authorizer | undefined;
  /** Sessions that were let in, by id, the longest unseen first. */
  readonly #slots: Map<string, Slot> = new Map();

  /** Nobody has been let in yet. */
  constructor(options: PolicyOptions) {
    this.#options = options;
    this.#everybody = isEmpty(options.everybody)
      ? new NoAnonymousAuth()
      : new PublicAuth(options.everybody);
    this.#certificates = isEmpty(options.certificates)
      ? undefined
      : new PublicAuth(options.certificates);
  }

  /** The grant as a relay reads it; `undefined` for an end. Throws `MoqError("unauthorized")` for a refusal. */
  async answer(question: Question): Promise<JsonObject | undefined> {
    if (question.event === "end") {
      this.#slots.delete(question.id);
      return undefined;
    }
    const jwt = tokenOf(question);
    const grant = await this.#decide(question, jwt);
    await this.#count(question, jwt);
    const { publish, subscribe, expires } = grant;
    const { expiresS, revalidateS, tier } = this.#options;
    const end = expires ??
      (expiresS === undefined ? undefined : Date.now() / 1000 + expiresS);
    return {
      ...(publish.length > 0 && { publish }),
      ...(subscribe.length > 0 && { subscribe }),
      // Relays of the original family read whole seconds alone.
      ...(end !== undefined && { expires: Math.floor(end) }),
      ...(revalidateS !== undefined && { revalidate: revalidateS }),
      ...(tier !== undefined && { tier }),
    };
  }

  async #decide(question: Question, jwt: string | undefined): Promise<Grant> {
    const { path, certificate } = question;
    const request = { transport: "quic", path, query: "" } as const;
    if (jwt === undefined && !certificate) {
      return await this.#everybody.grant(request);
    }
    if (jwt !== undefined && certificate) {
      throw refused("Expected a token or a certificate, got both");
    }
    if (jwt !== undefined) {
      const query = new URLSearchParams({ jwt }).toString();
      const grant = await this.#options.tokens.grant({ ...request, query });
      grant.lease?.release({ reason: "done", durationMs: 0 });
      return grant;
    }
    if (!this.#certificates) {
      throw refused("Expected a token, got a certificate, which opens nothing");
    }
    const grant = await this.#certificates.grant(request);
    return { ...grant, expires: certificate?.expires };
  }

  /** Counts a session that comes, refusing one too many; one that is there stays. */
  async #count(
    { id, event, address }: Question,
    jwt: string | undefined,
  ): Promise<void> {
    const { perToken, perAddress, clock } = this.#options;
    if (perToken === undefined && perAddress === undefined) return;
    const token = jwt === undefined ? undefined : await digest(jwt);
    this.#sweep();
    if (event === "connect" && !this.#slots.has(id)) {
      const slots = [...this.#slots.values()];
      const ofToken = slots.filter((slot) => slot.token === token).length;
      if (token !== undefined && ofToken >= (perToken ?? Infinity)) {
        throw refused(`Expected at most ${perToken} sessions with this token`);
      }
      const ofAddress = slots.filter((slot) => slot.address === address).length;
      if (address !== undefined && ofAddress >= (perAddress ?? Infinity)) {
        throw refused(
          `Expected at most ${perAddress} sessions from this address`,
        );
      }
    }
    this.#slots.delete(id);
    this.#slots.set(id, { token, address, seenMs: clock.now() });
  }

  /** Forgets sessions of relays that died: they were not asked about for two cadences. */
  #sweep(): void {
    const { revalidateS = 0, clock } = this.#options;
    const oldest = clock.now() - 2 * revalidateS * 1000;
    for (const [id, { seenMs }] of this.#slots) {
      if (seenMs > oldest) return;
      this.#slots.delete(id);
    }
  }
}

function isEmpty({ publish, subscribe }: PublicRules): boolean {
  return publish.length + subscribe.length === 0;
}

/** The one JWT presented, whichever way it came; the same twice is one. */
function tokenOf({ query, token }: Question): string | undefined {
  const jwt = requestToken(query);
  if (!token) return jwt;
  if (token.kind !== 0) {
    throw refused(`Expected a SETUP token of kind 0, got ${token.kind}`);
  }
  if (jwt !== undefined && jwt !== token.text) {
    throw refused("Expected one token, got another one in SETUP");
  }
  return token.text;
}

/** Stands for a token, so that the token itself is not kept. */
async function digest(token: string): Promise<string> {
  const bytes = new TextEncoder().encode(token);
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(hash).toHex();
}
