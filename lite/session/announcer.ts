/**
 * Answers ANNOUNCE_REQUEST: the paths under a prefix, now and as they come and
 * go. moq-lite-06, "ANNOUNCE".
 *
 * @module
 */
import type { AnnounceEvent, OriginScope } from "../model/origin_scope.ts";
import type { SendStream } from "../transport/transport.ts";
import {
  type Announcement,
  type AnnounceRequest,
  encodeAnnounceInit,
  encodeAnnouncement,
  encodeAnnounceOk,
} from "../wire/announce.ts";
import {
  hasAnnounceInit,
  hasAnnounceOk,
  hasAnnounceStatus,
  hasDuplicateActive,
  hasOwnHopInChain,
} from "../wire/version.ts";
import type { SessionContext } from "./context.ts";

/** One announce stream, from the publisher's side. */
export class Announcer {
  readonly #context: SessionContext;
  readonly #stream: SendStream;
  readonly #ids: Map<string, number> = new Map();
  #nextId = 0;

  /** Announces on `stream`. */
  constructor(context: SessionContext, stream: SendStream) {
    this.#context = context;
    this.#stream = stream;
  }

  /** Announces what `scope` shows under the prefix until `signal` aborts. */
  async run(
    request: AnnounceRequest,
    { scope, signal }: {
      readonly scope: OriginScope;
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    const listing = scope.announced(request.prefix, { signal });
    try {
      this.#begin(initial(listing));
      for await (const event of listing) {
        if (!await this.#stream.ready(signal)) return;
        this.#write(event);
      }
    } finally {
      listing.close();
      this.#stream.close();
    }
  }

  #begin(events: readonly AnnounceEvent[]): void {
    const { version, hop } = this.#context;
    if (hasAnnounceInit(version)) {
      this.#stream.write(encodeAnnounceInit(events.map(({ path }) => path)));
      return;
    }
    if (hasAnnounceOk(version)) {
      this.#stream.write(encodeAnnounceOk({ hop, active: events.length }));
    }
    for (const event of events) this.#write(event);
  }

  #write(event: AnnounceEvent): void {
    const message = this.#message(event);
    if (!message) return;
    this.#stream.write(encodeAnnouncement(message, this.#context.version));
  }

  #message({ kind, path, route }: AnnounceEvent): Announcement | undefined {
    const { version, hop } = this.#context;
    const { warm, cold } = route;
    const hops = hasOwnHopInChain(version) ? [...route.hops, hop] : route.hops;
    const start: Announcement = {
      kind: "start",
      suffix: path,
      hops,
      warm,
      cold,
    };
    if (hasAnnounceStatus(version)) {
      if (kind === "end") return { kind, suffix: path };
      return kind === "start" || hasDuplicateActive(version)
        ? start
        : undefined;
    }
    if (kind === "start") {
      this.#ids.set(path, this.#nextId++);
      return start;
    }
    const id = this.#ids.get(path)!;
    if (kind === "update") return { kind: "restart", id, hops, warm, cold };
    this.#ids.delete(path);
    return { kind, id };
  }
}

function initial(
  listing: { tryNext(): AnnounceEvent | undefined },
): AnnounceEvent[] {
  const events: AnnounceEvent[] = [];
  for (let event; (event = listing.tryNext());) events.push(event);
  return events;
}
