/**
 * Answers ANNOUNCE_REQUEST: the paths under a prefix, now and as they come and
 * go. moq-lite-06, "ANNOUNCE".
 *
 * @module
 */
import type { AnnounceEvent, OriginScope } from "../model/origin_scope.ts";
import type { Route } from "../model/route.ts";
import type { SendStream } from "../transport/transport.ts";
import {
  type Announcement,
  type AnnounceRequest,
  type AnnounceStart,
  encodeAnnounceInit,
  encodeAnnouncement,
  encodeAnnounceOk,
  MAX_HOPS,
} from "../wire/announce.ts";
import {
  hasAnnounceInit,
  hasAnnounceOk,
  hasAnnounceStatus,
  hasCosts,
  hasDuplicateActive,
  hasOwnHopInChain,
} from "../wire/version.ts";
import type { SessionContext } from "./context.ts";

/** One announce stream, from the publisher's side. */
export class Announcer {
  readonly #context: SessionContext;
  readonly #stream: SendStream;
  readonly #live: Map<string, { id: number; hops: Route["hops"] }> = new Map();
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
        this.#write(this.#message(event));
      }
    } finally {
      listing.close();
      this.#stream.close();
    }
  }

  #begin(events: readonly AnnounceEvent[]): void {
    const { version, hop } = this.#context;
    const messages = events.flatMap((event) => this.#message(event) ?? []);
    if (hasAnnounceInit(version)) {
      const paths = messages.map(({ suffix }) => suffix ?? "");
      this.#stream.write(encodeAnnounceInit(paths));
      return;
    }
    if (hasAnnounceOk(version)) {
      this.#stream.write(encodeAnnounceOk({ hop, active: messages.length }));
    }
    for (const message of messages) this.#write(message);
  }

  #write(message: Announcement | undefined): void {
    if (!message) return;
    this.#stream.write(encodeAnnouncement(message, this.#context.version));
  }

  /** What the peer is told of `event`, `undefined` when that is nothing. */
  #message(event: AnnounceEvent): WithSuffix | undefined {
    const { path, route } = event;
    const { version } = this.#context;
    const live = this.#live.get(path);
    // With the receiver the chain would be too long for it to be of use.
    if (event.kind === "end" || route.hops.length >= MAX_HOPS) {
      if (!live) return undefined;
      this.#live.delete(path);
      return { kind: "end", id: live.id, suffix: path };
    }
    const start = this.#start(path, route);
    const id = live?.id ?? this.#nextId++;
    this.#live.set(path, { id, hops: route.hops });
    if (!live) return start;
    // A price that changed is no news to drafts without prices.
    if (!hasCosts(version) && live.hops === route.hops) return undefined;
    if (!hasAnnounceStatus(version)) return { ...start, kind: "restart", id };
    return hasDuplicateActive(version) ? start : undefined;
  }

  #start(suffix: string, { hops, warm, cold }: Route): AnnounceStart {
    const { version, hop } = this.#context;
    const chain = hasOwnHopInChain(version) ? [...hops, hop] : hops;
    return { kind: "start", suffix, hops: chain, warm, cold };
  }
}

type WithSuffix = Announcement & { readonly suffix?: string | undefined };

function initial(
  listing: { tryNext(): AnnounceEvent | undefined },
): AnnounceEvent[] {
  const events: AnnounceEvent[] = [];
  for (let event; (event = listing.tryNext());) events.push(event);
  return events;
}
