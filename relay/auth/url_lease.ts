/**
 * The lifetime of an auth server's grant: the relay asks again at the interval
 * that the server named, the grant expires, and its end is reported.
 *
 * @module
 */
import { type Clock, type Logger, MoqError, sleep } from "@moq-deno/lite";
import { asMoqError } from "@moq-deno/lite/internal";
import { atTime, type GrantEnd, type Lease } from "./auth.ts";
import { containsPattern, type JsonObject } from "../token/mod.ts";
import { InvalidGrant, type RemoteGrant } from "./contract.ts";

export interface AuthServer {
  /** The grant; throws `MoqError("unauthorized")` for a refusal and another error without a usable answer. */
  ask(facts: JsonObject): Promise<RemoteGrant>;
  /** Reports an end; never rejects. */
  report(facts: JsonObject): void;
}

/** Options of {@linkcode UrlLease}. */
interface UrlLeaseOptions {
  /** The server that granted it. */
  readonly server: AuthServer;
  /** The session's id and facts. */
  readonly id: string;
  /** What was sent to the server about the session. */
  readonly facts: JsonObject;
  readonly clock: Clock;
  /** Logs failures of the server. */
  readonly log: Logger;
}

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;
const JITTER = 0.25;
// The longest timer; a longer interval never elapses.
const LONGEST_CADENCE_S = 2_000_000;

/** A lease on a grant that an auth server gave. */
export class UrlLease implements Lease {
  /** Resolves when the server revokes the grant, or when it expires. */
  readonly revoked: Promise<MoqError>;
  readonly #options: UrlLeaseOptions;
  readonly #revoke: (error: MoqError) => void;
  readonly #ended = new AbortController();
  #grant: RemoteGrant;
  #reason: string | undefined;
  #cancelExpiry: (() => void) | undefined;

  /** The grant's time starts now. */
  constructor(grant: RemoteGrant, options: UrlLeaseOptions) {
    const { promise, resolve } = Promise.withResolvers<MoqError>();
    this.revoked = promise;
    this.#revoke = resolve;
    this.#options = options;
    this.#grant = grant;
    this.#watchExpiry();
    void this.#runRevalidate(); // never rejects
  }

  release(
    { reason, durationMs, bytes = { sent: 0, received: 0 } }: GrantEnd,
  ): void {
    if (this.#ended.signal.aborted) return;
    this.#stop();
    const { server, id, facts } = this.#options;
    server.report({
      id,
      event: "end",
      reason: this.#reason ?? reason,
      duration: durationMs / 1000,
      bytes,
      ...facts,
    });
  }

  #stop(): void {
    this.#ended.abort();
    this.#cancelExpiry?.();
  }

  #end(reason: string, message: string): void {
    this.#reason ??= reason;
    this.#cancelExpiry?.();
    this.#revoke(new MoqError("unauthorized", message));
  }

  #watchExpiry(): void {
    this.#cancelExpiry?.();
    const { expires } = this.#grant;
    if (expires === undefined) return;
    this.#cancelExpiry = atTime(this.#options.clock, {
      time: expires,
      then: () => this.#end("expired", "Grant has expired"),
    });
  }

  async #runRevalidate(): Promise<void> {
    let failures = 0;
    while (this.#grant.revalidate !== undefined) {
      const cadenceMs = Math.min(this.#grant.revalidate, LONGEST_CADENCE_S) *
        1000;
      const waitMs = failures > 0 ? retryMs(failures, cadenceMs) : cadenceMs;
      if (!await this.#wait(waitMs)) return;
      try {
        const fresh = await this.#ask();
        if (this.#isOver()) return;
        if (!isAsWide(fresh, this.#grant)) {
          return this.#end(
            "refused",
            "The auth server narrowed or changed the grant",
          );
        }
        this.#grant = fresh;
        this.#watchExpiry();
        failures = 0;
      } catch (error) {
        if (this.#isOver()) return;
        const { code, message } = asMoqError(error);
        if (code === "unauthorized") return this.#end("refused", message);
        if (error instanceof InvalidGrant) {
          return this.#end("invalid", "The auth server's new grant is invalid");
        }
        failures++;
        this.#options.log.warn?.("access not checked again, trying later", {
          reason: message,
          failures,
        });
      }
    }
  }

  #isOver(): boolean {
    return this.#ended.signal.aborted || this.#reason !== undefined;
  }

  #ask(): Promise<RemoteGrant> {
    const { server, id, facts } = this.#options;
    return server.ask({ id, event: "revalidate", ...facts });
  }

  async #wait(ms: number): Promise<boolean> {
    try {
      await sleep(this.#options.clock, ms, this.#ended.signal);
      return !this.#isOver();
    } catch (error) {
      if (this.#ended.signal.aborted) return false;
      throw error;
    }
  }
}

/** One second, doubled with each failure, at most the regular interval; with jitter, so that relays do not retry together. */
function retryMs(failures: number, cadenceMs: number): number {
  const base = FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 16);
  const jitter = 1 - JITTER + 2 * JITTER * Math.random();
  return Math.min(base, cadenceMs, LONGEST_RETRY_MS) * jitter;
}

/** Whether a session may continue unchanged under `fresh`. */
function isAsWide(fresh: RemoteGrant, old: RemoteGrant): boolean {
  const covers = (wide: readonly string[], narrow: readonly string[]) =>
    narrow.every((pattern) =>
      wide.some((other) => containsPattern(other, pattern))
    );
  return fresh.root === old.root && fresh.peer === old.peer &&
    hasSameMounts(fresh, old) && covers(fresh.publish, old.publish) &&
    covers(fresh.subscribe, old.subscribe);
}

/** Whether both have the same mounts, in any order. */
function hasSameMounts(fresh: RemoteGrant, old: RemoteGrant): boolean {
  return fresh.mounts.length === old.mounts.length &&
    fresh.mounts.every(({ at, target }) =>
      old.mounts.some((it) => it.at === at && it.target === target)
    );
}
