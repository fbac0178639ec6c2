/**
 * Peers that present a token may do what it says; others what anybody may.
 *
 * @module
 */
import { type Logger, MoqError } from "@moq-deno/lite";
import {
  type Authorizer,
  type Grant,
  type Lease,
  type Peer,
  requestPath,
  requestToken,
} from "./auth.ts";
import { authorize, type Key, readHeader, TokenError } from "../token/mod.ts";
import type { KeySource } from "./key_source.ts";
import { unavailable } from "./remote.ts";
import type { Revocations } from "./revocations.ts";

/** Options of {@linkcode TokenAuth}. */
interface TokenAuthOptions {
  /** Where keys are looked for; the first that has one for a token decides about it alone. */
  readonly sources: readonly KeySource[];
  /** Decides about peers without a token. */
  readonly anonymous: Authorizer;
  /** What has been taken back. */
  readonly revocations: Revocations;
  /** Hears of keys that cannot be read. */
  readonly log: Logger;
}

/** Decides by token. One that is bad is refused, whatever anybody may do without. */
export class TokenAuth implements Authorizer {
  readonly #options: TokenAuthOptions;

  /** Nothing is read yet. */
  constructor(options: TokenAuthOptions) {
    this.#options = options;
  }

  /** What the token says, or what anybody may do. */
  async grant(peer: Peer): Promise<Grant> {
    const token = requestToken(peer.query);
    if (token === undefined) {
      return await this.#options.anonymous.grant(peer);
    }
    const root = requestPath(peer.path);
    try {
      return await this.#grant(token, root);
    } catch (cause) {
      if (!(cause instanceof TokenError)) throw cause;
      throw new MoqError("unauthorized", cause.message, { cause });
    }
  }

  async #grant(token: string, root: string): Promise<Grant> {
    const key = await this.#keyOf(token);
    const claims = await key.verify(token);
    const { publish, subscribe } = authorize(claims, root);
    const { id: jti, subject: sub, expires } = claims;
    const lease: Lease = this.#options.revocations.admit({
      jti,
      sub,
      kid: key.id ?? readHeader(token).keyId,
    });
    // Whoever may do everything is a relay of the cluster.
    const isPeer = root === "" && publish.includes("**") &&
      subscribe.includes("**");
    return {
      root,
      publish,
      subscribe,
      expires,
      lease,
      ...(isPeer && { isRelay: true }),
    };
  }

  async #keyOf(token: string): Promise<Key> {
    const { keyId } = readHeader(token);
    for (const source of this.#options.sources) {
      const key = await this.#findIn(source, keyId);
      if (key) return key;
    }
    throw new TokenError(
      "unknown-key",
      `Expected a token of a known key, got ${
        keyId === undefined
          ? "one that names none"
          : `kid ${JSON.stringify(keyId.slice(0, 128))}`
      }`,
    );
  }

  async #findIn(
    source: KeySource,
    id: string | undefined,
  ): Promise<Key | undefined> {
    try {
      return await source.find(id);
    } catch (error) {
      // What is wrong may name files of ours, which is nothing for peers.
      this.#options.log.error?.("keys cannot be read", { error });
      throw unavailable("the relay cannot read its keys", error);
    }
  }
}

/** Decides about peers without credentials where there is nothing that anybody may do. */
export class NoAnonymousAuth implements Authorizer {
  /** Always a refusal. */
  grant(): Promise<Grant> {
    return Promise.reject(
      new MoqError("unauthorized", "Expected a token, in jwt=, got none"),
    );
  }
}
