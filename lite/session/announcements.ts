/**
 * What the peer announces, and the claims that it has in our origin for it.
 * moq-lite, "ANNOUNCE_REQUEST" and following.
 *
 * @module
 */
import { asMoqError, MoqError } from "../error.ts";
import { joinPath, normalizePath } from "../path.ts";
import type { AnnounceEvent, OriginScope } from "../model/origin_scope.ts";
import type { Publication } from "../model/publication.ts";
import { onAbort } from "../signal.ts";
import { sleep } from "../time.ts";
import { encodeAnnounceRequest } from "../wire/announce.ts";
import { BidiType } from "../wire/stream_type.ts";
import { hasExcludeHop, hasSetupStream } from "../wire/version.ts";
import { AnnounceReader } from "./announce_reader.ts";
import { paced } from "./paced.ts";
import type { PeerRequests } from "./requests.ts";

const TAKEN_AT_ONCE = 64;
// A peer that closes the session ends its streams first. Its reason comes a moment later.
const CLOSING_MS = 2000;

/** Listings of the peer's announcements. */
export class Announcements {
  readonly #requests: PeerRequests;
  readonly #claims: Set<Publication> = new Set();
  #hasPassedOver = false;

  /** Asks through `requests`. */
  constructor(requests: PeerRequests) {
    this.#requests = requests;
  }

  /** What the peer announces under `prefix`, until it stops or `signal` aborts. */
  async *announced(
    prefix: string,
    signal: AbortSignal,
  ): AsyncGenerator<AnnounceEvent, void> {
    const { version, hop, cost, limits, peer } = this.#requests.context;
    const setup = hasSetupStream(version) ? await peer : undefined;
    const request = {
      prefix: normalizePath(prefix),
      ...(hasExcludeHop(version) && { excludeHop: hop }),
    };
    const { reader, end } = await this.#requests.request(
      BidiType.announce,
      encodeAnnounceRequest(request, version),
      signal,
    );
    const release = onAbort(signal, end);
    try {
      yield* new AnnounceReader(reader, {
        version,
        hop,
        linkCost: cost ?? setup?.cost,
        limit: limits.announcements,
        maxHops: limits.hops,
      }).events();
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      release();
      end();
    }
  }

  /** Puts what the peer announces under `prefix` into `scope`. */
  async feed(scope: OriginScope, prefix: string): Promise<void> {
    const { signal, clock } = this.#requests.context;
    const claims: Map<string, Publication> = new Map();
    const pace = { clock, atOnce: TAKEN_AT_ONCE };
    try {
      for await (const event of paced(this.announced(prefix, signal), pace)) {
        this.#apply(event, { scope, prefix, claims });
      }
    } catch (error) {
      // A listing that breaks off says nothing that can be relied on.
      const { code, message, remoteCode } = asMoqError(error);
      // The session ends in a moment, and that says what becomes of the claims.
      if (code === "transport") throw error;
      // A peer that takes no requests has nothing to announce.
      if (code === "timeout" && remoteCode === undefined) return;
      this.#withdraw(claims.values());
      const mayBeClosing = code === "remote" && remoteCode === undefined;
      if (mayBeClosing) await sleep(clock, CLOSING_MS, signal);
      throw new MoqError("protocol", message, { cause: error });
    }
    this.#withdraw(claims.values());
  }

  /** Takes out what the end of the session has not dealt with already. */
  #withdraw(claims: Iterable<Publication>): void {
    for (const claim of claims) {
      if (this.#claims.delete(claim)) claim.close();
    }
  }

  #apply(
    { kind, path, route }: AnnounceEvent,
    { scope, prefix, claims }: {
      readonly scope: OriginScope;
      readonly prefix: string;
      readonly claims: Map<string, Publication>;
    },
  ): void {
    const whole = joinPath(prefix, path);
    const claim = claims.get(path);
    if (kind === "end") {
      claims.delete(path);
      if (claim && this.#claims.delete(claim)) claim.withdraw();
      return;
    }
    if (claim) return claim.update(route);
    if (!scope.allowsClaim(whole)) return this.#passOver(whole);
    const source = {
      // An announcement claims everything below its path; the grant may allow less.
      covers: (rest: string) => scope.allowsClaim(joinPath(whole, rest)),
      consume: (rest: string) => this.#requests.consume(joinPath(whole, rest)),
    };
    const added = scope.claim(whole, source, route);
    claims.set(path, added);
    this.#claims.add(added);
  }

  /** Logs an announcement outside the grant, as a warning only the first time. */
  #passOver(path: string): void {
    const { log } = this.#requests.context;
    const say = this.#hasPassedOver ? log.debug : log.warn;
    this.#hasPassedOver = true;
    say?.("announcement outside the grant", { path });
  }

  /** The session has ended, and with it the claims. */
  close({ code }: MoqError): void {
    for (const claim of this.#claims) {
      if (code === "transport") claim.lose();
      else claim.close();
    }
    this.#claims.clear();
  }
}
