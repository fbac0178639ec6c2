/**
 * Revocation of tokens before they expire: by `jti`, by `sub`, or by the `kid`
 * of their key.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import type { Lease } from "./auth.ts";

/** What a token can be revoked by. */
interface TokenFacts {
  /** Its `jti`. */
  readonly jti: string | undefined;
  /** Its `sub`. */
  readonly sub: string | undefined;
  /** The `kid` of the key that verified it. */
  readonly kid: string | undefined;
}

/** Longest list, in characters. */
export const MAX_REVOCATIONS_LENGTH = 4_194_304;

/** Revocations, one per line, such as `jti 7`. */
type RevocationList = ReadonlySet<string>;

const LINE = /^(jti|sub|kid)\s+(\S.*)$/;

/** Reads a list: `jti NAME`, `sub NAME` or `kid NAME` per line, comments after `#`. Throws `RangeError` that names the line. */
export function parseRevocations(text: string): RevocationList {
  const list = new Set<string>();
  for (const [at, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, kind, name] = LINE.exec(line) ?? [];
    if (kind === undefined || name === undefined) {
      throw new RangeError(
        `Expected "jti", "sub" or "kid" and a name in line ${at + 1}`,
      );
    }
    list.add(`${kind} ${name}`);
  }
  return list;
}

interface Holder {
  readonly facts: TokenFacts;
  readonly revoke: (error: MoqError) => void;
}

/** The list in force, and the sessions that it may end. */
export class Revocations {
  #list: RevocationList = new Set();
  readonly #holders: Set<Holder> = new Set();

  /** How many sessions hold a lease. */
  get holders(): number {
    return this.#holders.size;
  }

  /** Replaces the list; sessions that the new one revokes end at once. */
  replace(list: RevocationList): void {
    this.#list = list;
    for (const holder of this.#holders) {
      const error = this.#refusal(holder.facts);
      if (error) holder.revoke(error);
    }
  }

  /** A lease for the holder of a token. Throws `MoqError("unauthorized")` if the token is revoked. */
  admit(facts: TokenFacts): Lease {
    const error = this.#refusal(facts);
    if (error) throw error;
    const { promise, resolve } = Promise.withResolvers<MoqError>();
    const holder: Holder = { facts, revoke: resolve };
    this.#holders.add(holder);
    return { revoked: promise, release: () => this.#holders.delete(holder) };
  }

  #refusal(facts: TokenFacts): MoqError | undefined {
    for (const kind of ["jti", "sub", "kid"] as const) {
      if (facts[kind] === undefined) continue;
      if (this.#list.has(`${kind} ${facts[kind]}`)) {
        return new MoqError(
          "unauthorized",
          `Token was revoked by its ${kind}`,
        );
      }
    }
    return undefined;
  }
}
