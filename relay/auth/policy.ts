/**
 * How our own auth server decides: by tokens, then by certificates that the
 * relay has verified, then by the public rules; and limits on concurrent
 * sessions.
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

/** The parts of a relay's question that matter here. */
export interface Question {
  /** The session's id. */
  readonly id: string;
  readonly event: "connect" | "revalidate" | "end";
  /** The path that was dialled. */
  readonly path: string;
  /** The query that was dialled, without `?`. */
  readonly query: string;
  /** The peer's address, without port. */
  readonly address: string | undefined;
  /** The token in SETUP, if any. */
  readonly token: SetupToken | undefined;
  /** The client certificate, if any. */
  readonly certificate: { readonly expires: number | undefined } | undefined;
}

/** A token that came in SETUP. */
export interface SetupToken {
  /** 0 is a JWT. */
  readonly kind: number;
  /** The token, decoded as text. */
  readonly text: string;
}

/** Options of {@linkcode Policy}. */
interface PolicyOptions {
  /** Decides about peers with a token. */
  readonly tokens: Authorizer;
  /** What anyone may do. */
  readonly anyone: PublicRules;
  /** What holders of a certificate may do. */
  readonly certificates: PublicRules;
  /** Seconds after which relays ask again. */
  readonly revalidateS: number | undefined;
  /** How long a grant lasts that has no expiry of its own, in seconds. */
  readonly expiresS: number | undefined;
  /** A label under which relays count the session. */
  readonly tier: string | undefined;
  /** Most concurrent sessions with one token. */
  readonly perToken: number | undefined;
  /** Most concurrent sessions from one address. */
  readonly perAddress: number | undefined;
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

/** Answers the questions of relays. */
export class Policy {
  readonly #options: PolicyOptions;
  readonly #anyone: Authorizer;
  readonly #certificates: Authorizer | undefined;
  /** Admitted sessions by id, the one not asked about for longest first. */
  readonly #slots: Map<string, Slot> = new Map();

  constructor(options: PolicyOptions) {
    this.#options = options;
    this.#anyone = isEmpty(options.anyone)
      ? new NoAnonymousAuth()
      : new PublicAuth(options.anyone);
    this.#certificates = isEmpty(options.certificates)
      ? undefined
      : new PublicAuth(options.certificates);
  }

  /** The grant as JSON for the relay; `undefined` for an end event. Throws `MoqError("unauthorized")` for a refusal. */
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
      // moq-relay reads whole seconds only.
      ...(end !== undefined && { expires: Math.floor(end) }),
      ...(revalidateS !== undefined && { revalidate: revalidateS }),
      ...(tier !== undefined && { tier }),
    };
  }

  async #decide(question: Question, jwt: string | undefined): Promise<Grant> {
    const { path, certificate } = question;
    const request = { transport: "quic", path, query: "" } as const;
    if (jwt === undefined && !certificate) {
      return await this.#anyone.grant(request);
    }
    if (jwt !== undefined && certificate) {
      throw refused("Present a token or a certificate, not both");
    }
    if (jwt !== undefined) {
      const query = new URLSearchParams({ jwt }).toString();
      const grant = await this.#options.tokens.grant({ ...request, query });
      grant.lease?.release({ reason: "done", durationMs: 0 });
      return grant;
    }
    if (!this.#certificates) {
      throw refused("Certificates grant nothing here, present a token");
    }
    const grant = await this.#certificates.grant(request);
    return { ...grant, expires: certificate?.expires };
  }

  /** Counts a new session and refuses one too many; a known session stays. */
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
        throw refused(`This token already has ${perToken} sessions`);
      }
      const ofAddress = slots.filter((slot) => slot.address === address).length;
      if (address !== undefined && ofAddress >= (perAddress ?? Infinity)) {
        throw refused(
          `This address already has ${perAddress} sessions`,
        );
      }
    }
    this.#slots.delete(id);
    this.#slots.set(id, { token, address, seenMs: clock.now() });
  }

  /** Forgets sessions of relays that died: none asked about them for two intervals. */
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

/** The JWT presented in the query or in SETUP; the same one in both is allowed. */
function tokenOf({ query, token }: Question): string | undefined {
  const jwt = requestToken(query);
  if (!token) return jwt;
  if (token.kind !== 0) {
    throw refused(
      `SETUP token of unknown kind ${token.kind}, only JWTs (0) are supported`,
    );
  }
  if (jwt !== undefined && jwt !== token.text) {
    throw refused("The tokens in the URL and in SETUP differ");
  }
  return token.text;
}

/** Identifies a token, so that the token itself is not kept. */
async function digest(token: string): Promise<string> {
  const bytes = new TextEncoder().encode(token);
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(hash).toHex();
}
