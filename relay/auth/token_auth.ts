/**
 * Peers with a token get what it grants; others get the public rules.
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
  /** Where to look for keys; the first source that has the token's key decides alone. */
  readonly sources: readonly KeySource[];
  /** Decides about peers without a token. */
  readonly anonymous: Authorizer;
  readonly revocations: Revocations;
  /** Logs keys that cannot be read. */
  readonly log: Logger;
}

/** Decides by token. A bad token is refused, even where public access would suffice. */
export class TokenAuth implements Authorizer {
  readonly #options: TokenAuthOptions;

  constructor(options: TokenAuthOptions) {
    this.#options = options;
  }

  /** The grant of the token, or of the public rules without one. */
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
    // A peer that may do everything is a relay of the cluster.
    const isPeer = root === "" && publish.includes("**") &&
      subscribe.includes("**");
    return {
      root,
      publish,
      subscribe,
      expires,
      lease,
      subject: sub ?? jti,
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
      `The token's key is not known: ${
        keyId === undefined
          ? "the token names none"
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
      // The error may name files of ours, which peers must not see.
      this.#options.log.error?.("keys cannot be read", { error });
      throw unavailable("the relay cannot read its keys", error);
    }
  }
}

/** Refuses peers without credentials, where nothing is public. */
export class NoAnonymousAuth implements Authorizer {
  /** Always rejects. */
  grant(): Promise<Grant> {
    return Promise.reject(
      new MoqError("unauthorized", "No token, add ?jwt=TOKEN to the URL"),
    );
  }
}
