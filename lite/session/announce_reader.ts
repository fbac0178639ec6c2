/**
 * Reads a peer's announcements under a prefix, and converts the ids, hops and
 * costs of every draft to routes. moq-lite-06, "ANNOUNCE".
 *
 * @module
 */
import { MoqError } from "../error.ts";
import type { AnnounceEvent } from "../model/origin_scope.ts";
import { randomHop } from "../model/origin.ts";
import type { Route } from "../model/route.ts";
import {
  type Announcement,
  decodeAnnounceInit,
  decodeAnnouncement,
  decodeAnnounceOk,
} from "../wire/announce.ts";
import {
  hasAnnounceInit,
  hasAnnounceOk,
  hasAnnounceStatus,
  hasCosts,
  hasDuplicateActive,
  hasOwnHopInChain,
  type Version,
} from "../wire/version.ts";
import type { MessageReader } from "./streams.ts";

/** Largest first answer of drafts 01 and 02, which lists all active paths, in bytes. */
const MAX_INIT_BYTES = 1024 * 1024;
/** Bytes per announced path on average, hops included. */
const BYTES_PER_PATH = 1024;
/** Bytes counted for a hop. */
const HOP_BYTES = 16;

/** Default cost of a link. */
const DEFAULT_LINK_COST = 1;

/** Options of {@linkcode AnnounceReader}. */
interface AnnounceReaderOptions {
  /** The negotiated draft. */
  readonly version: Version;
  /** Our hop id: routes through us are ignored. */
  readonly hop: bigint;
  /** Cost of the link to the peer. Default 1. */
  readonly linkCost?: number | undefined;
  /** Most live paths. */
  readonly limit: number;
  /** Longest usable chain of hops. */
  readonly maxHops: number;
}

interface Live {
  readonly told: boolean;
  readonly route: Route;
}

function bytesOf(path: string, live: Live | undefined): number {
  return live ? path.length + live.route.hops.length * HOP_BYTES : 0;
}

/** One announce stream, from the subscriber's side. */
export class AnnounceReader {
  readonly #reader: MessageReader;
  readonly #options: AnnounceReaderOptions;
  /** Hop id for a publisher that does not send one. */
  readonly #stamp = randomHop();
  /** Live paths, and whether they were reported. */
  readonly #live: Map<string, Live> = new Map();
  readonly #pathOfId: Map<number, string> = new Map();
  #bytes = 0;
  #nextId = 0;
  #responder = 0n;

  /** Reads the peer's half of an announce stream. */
  constructor(reader: MessageReader, options: AnnounceReaderOptions) {
    this.#reader = reader;
    this.#options = options;
  }

  /** The announcements until the peer ends the stream. Throws `MoqError("protocol")` or `("decode")` for violations. */
  async *events(): AsyncGenerator<AnnounceEvent, void> {
    yield* await this.#begin();
    for (;;) {
      const message = await this.#next();
      if (message === "end") return;
      if (message) yield* this.#apply(message);
    }
  }

  async #begin(): Promise<AnnounceEvent[]> {
    const { version } = this.#options;
    if (!hasAnnounceInit(version) && !hasAnnounceOk(version)) return [];
    const body = await this.#reader.message(
      hasAnnounceInit(version) ? MAX_INIT_BYTES : undefined,
    );
    if (!body) return [];
    if (hasAnnounceOk(version)) {
      this.#responder = decodeAnnounceOk(body).hop;
      return [];
    }
    const route = { hops: [], warm: 0, cold: Infinity };
    return decodeAnnounceInit(body).flatMap((path) => this.#start(path, route));
  }

  async #next(): Promise<Announcement | undefined | "end"> {
    const { version } = this.#options;
    const type = hasAnnounceStatus(version)
      ? undefined
      : await this.#reader.varint();
    if (type === undefined && !hasAnnounceStatus(version)) return "end";
    const body = type === undefined
      ? await this.#reader.message()
      : await this.#reader.expectMessage();
    return body ? decodeAnnouncement(type, body, version) : "end";
  }

  #apply(message: Announcement): AnnounceEvent[] {
    if (message.kind === "start") return this.#start(message.suffix, message);
    const path = message.kind === "end" && message.suffix !== undefined
      ? message.suffix
      : this.#pathOf(message.id!);
    if (message.kind === "restart") {
      return this.#replace(path, this.#routeOf(message));
    }
    if (message.id !== undefined) this.#pathOfId.delete(message.id);
    return this.#end(path);
  }

  #pathOf(id: number): string {
    const path = this.#pathOfId.get(id);
    if (path !== undefined) return path;
    throw new MoqError(
      "protocol",
      `Peer ended or changed announcement ${id}, which is not live`,
    );
  }

  #start(path: string, wire: Route): AnnounceEvent[] {
    const { version, limit } = this.#options;
    if (!hasAnnounceStatus(version)) this.#pathOfId.set(this.#nextId++, path);
    const route = this.#routeOf(wire);
    if (this.#live.has(path)) {
      if (hasDuplicateActive(version)) return this.#replace(path, route);
      throw new MoqError(
        "protocol",
        `Peer announced ${JSON.stringify(path)} twice`,
      );
    }
    if (this.#live.size >= limit) {
      throw new MoqError(
        "protocol",
        `Peer announced more than ${limit} paths`,
      );
    }
    const told = this.#isUsable(path, route);
    this.#keep(path, { told, route });
    return told ? [{ kind: "start", path, route }] : [];
  }

  /** Sets or removes a live path, and counts its bytes. */
  #keep(path: string, live: Live | undefined): void {
    const before = this.#live.get(path);
    this.#bytes += bytesOf(path, live) - bytesOf(path, before);
    if (live) this.#live.set(path, live);
    else this.#live.delete(path);
    const most = this.#options.limit * BYTES_PER_PATH;
    if (this.#bytes <= most) return;
    throw new MoqError(
      "protocol",
      `Announced paths and hops exceed ${most} bytes`,
    );
  }

  #replace(path: string, route: Route): AnnounceEvent[] {
    const before = this.#live.get(path);
    const told = this.#isUsable(path, route);
    this.#keep(path, { told, route });
    if (told) {
      return [{ kind: before?.told ? "update" : "start", path, route }];
    }
    return before?.told ? [{ kind: "end", path, route: before.route }] : [];
  }

  // An end for an unknown path is allowed: older peers send them.
  #end(path: string): AnnounceEvent[] {
    const before = this.#live.get(path);
    this.#keep(path, undefined);
    return before?.told ? [{ kind: "end", path, route: before.route }] : [];
  }

  /** The route with the announcer's hop and the cost of the link. */
  #routeOf({ hops, warm, cold }: Route): Route {
    const { version, linkCost = DEFAULT_LINK_COST } = this.#options;
    const chain = hasOwnHopInChain(version) ? hops : [...hops, this.#responder];
    const whole = (chain[0] ?? 0n) === 0n ? [this.#stamp, ...chain] : chain;
    const price = hasCosts(version) ? linkCost : 0;
    return { hops: whole, warm: warm + price, cold: cold + price };
  }

  #isUsable(path: string, { hops }: Route): boolean {
    const known = hops.filter((hop) => hop !== 0n);
    return hops.length <= this.#options.maxHops &&
      new Set(known).size === known.length &&
      !known.includes(this.#options.hop) &&
      !path.split("/").some((segment) => segment.includes("*"));
  }
}
