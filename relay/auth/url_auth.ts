/**
 * An auth server decides: it is asked when a session starts and at intervals
 * while it lasts, and gets a report when it ends. No answer is a refusal.
 *
 * @module
 */
import { type Clock, type Logger, MoqError } from "@moq-deno/lite";
import { checkMounts, type Mount } from "@moq-deno/lite/internal";
import { type Authorizer, type Grant, type Peer, requestPath } from "./auth.ts";
import type { JsonObject } from "../token/mod.ts";
import {
  checkGrantTimes,
  describePeer,
  parseGrant,
  type RemoteGrant,
} from "./contract.ts";
import { fetchText, unavailable } from "./remote.ts";
import { type AuthServer, UrlLease } from "./url_lease.ts";

/** Options of {@linkcode UrlAuth}. */
interface UrlAuthOptions {
  readonly clock: Clock;
  /** Logs failures of the server. */
  readonly log: Logger;
  /** The relay's name. Default `""`. */
  readonly node?: string | undefined;
}

const MAX_ANSWER_BYTES = 262_144;

/** How long shutdown waits for the last reports to reach the server, in milliseconds. */
export const FLUSH_TIMEOUT_MS = 2000;

/** Asks a server about each session. */
export class UrlAuth implements Authorizer, AuthServer {
  readonly #url: URL;
  readonly #options: UrlAuthOptions;
  readonly #reports: Set<Promise<void>> = new Set();
  readonly #asking = new AbortController();
  readonly #reporting = new AbortController();

  constructor(url: URL, options: UrlAuthOptions) {
    this.#url = url;
    this.#options = options;
  }

  /** What the server grants; throws `MoqError("unauthorized")` when it refuses, and close code 566 when it gives no usable answer. */
  async grant(peer: Peer): Promise<Grant> {
    const dialled = requestPath(peer.path);
    const { node = "" } = this.#options;
    const facts = { node, ...describePeer(peer) };
    const id = crypto.randomUUID().replaceAll("-", "");
    const granted = await this.#connect({ id, event: "connect", ...facts });
    const { publish, subscribe, root = dialled, peer: isRelay, tier } = granted;
    const mounts = this.#mounts(root, granted.mounts);
    const lease = new UrlLease(granted, {
      ...this.#options,
      server: this,
      id,
      facts,
    });
    return { root, publish, subscribe, mounts, isRelay, tier, lease };
  }

  #mounts(root: string, mounts: readonly Mount[]): readonly Mount[] {
    try {
      return checkMounts(root, mounts);
    } catch (error) {
      this.#options.log.error?.("auth server grants mounts that overlap", {
        root,
        error,
      });
      throw refused();
    }
  }

  async #connect(facts: JsonObject): Promise<RemoteGrant> {
    try {
      return await this.ask(facts);
    } catch (error) {
      if (error instanceof MoqError && error.code === "unauthorized") {
        throw error;
      }
      // The error may name machines of ours, which peers must not see.
      this.#options.log.error?.("auth server gives no answer to rely on", {
        error,
      });
      throw unavailable("the auth server gives no answer to rely on", error);
    }
  }

  /** Asks once. Throws `MoqError("unauthorized")` for a refusal; any other error says nothing about the session. */
  async ask(facts: JsonObject): Promise<RemoteGrant> {
    const { status, text } = await this.#post(facts, this.#asking.signal);
    if (status === 401 || status === 403) throw refused();
    if (status < 200 || status > 299) {
      throw new TypeError(`The auth server answered with status ${status}`);
    }
    const grant = parseGrant(text);
    if (grant.publish.length + grant.subscribe.length === 0) throw refused();
    checkGrantTimes(grant);
    return grant;
  }

  /** Reports an end to the server; the answer is ignored. */
  report(facts: JsonObject): void {
    const posted = this.#post(facts, this.#reporting.signal);
    const report = posted.then(() => {}, (error) => {
      this.#options.log.warn?.("end of a session not reported", { error });
    }).finally(() => this.#reports.delete(report));
    this.#reports.add(report);
  }

  /** Stops asking; resolves when every end has been reported, or after two seconds. Never rejects. */
  async flush(): Promise<void> {
    const over = new MoqError("going-away", "Relay is shutting down");
    this.#asking.abort(over);
    const cancel = this.#options.clock.after(
      FLUSH_TIMEOUT_MS,
      () => this.#reporting.abort(over),
    );
    await Promise.all(this.#reports);
    cancel();
  }

  #post(
    facts: JsonObject,
    signal: AbortSignal,
  ): Promise<{ status: number; text: string }> {
    return fetchText(this.#url, {
      maxBytes: MAX_ANSWER_BYTES,
      clock: this.#options.clock,
      signal,
      json: JSON.stringify(facts),
    });
  }
}

function refused(): MoqError {
  return new MoqError("unauthorized", "The auth server refuses this session");
}
