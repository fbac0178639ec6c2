/**
 * Answers ANNOUNCE_REQUEST: the current paths under a prefix, then changes.
 * moq-lite-06, "ANNOUNCE".
 *
 * @module
 */
import { Writer } from "../bytes/cursor.ts";
import { MoqError } from "../error.ts";
import type {
  AnnounceEvent,
  AnnounceSubscription,
  OriginScope,
} from "../model/origin_scope.ts";
import type { Route } from "../model/route.ts";
import { SLICE_STEPS, type Turns } from "../model/turns.ts";
import { sleep } from "../time.ts";
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

/** Size of one write, in bytes; the next one waits until the stream is ready. */
const BATCH_BYTES = 16 * 1024;
/** Most paths in the first answer of drafts 01 and 02; the rest follow as announcements. */
const INIT_PATHS = 64;
/** Shortest time between two batches of changes, in milliseconds. After a quiet time a change is sent at once. */
const SPACING_MS = 10;
/** Most announce streams of one session for the same prefix. */
const MAX_STREAMS_PER_PREFIX = 8;

/** What an announcer needs to know of its session. */
type AnnouncerContext = Pick<
  SessionContext,
  "version" | "hop" | "clock"
>;

/** One announce stream, from the publisher's side. */
export class Announcer {
  readonly #context: AnnouncerContext;
  readonly #stream: SendStream;
  readonly #live: Map<string, { id: number; hops: Route["hops"] }> = new Map();
  #nextId = 0;
  #lookedMs = -Infinity;

  /** Announces on `stream`. */
  constructor(context: AnnouncerContext, stream: SendStream) {
    this.#context = context;
    this.#stream = stream;
  }

  /** Announces the paths of `scope` under the prefix until `signal` aborts. */
  async run(
    request: AnnounceRequest,
    { scope, signal }: {
      readonly scope: OriginScope;
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    const listing = scope.announced(request.prefix, { signal });
    const { turns } = scope.origin;
    try {
      const present = await this.#present(listing, turns);
      const rest = this.#begin(present);
      for (let at = 0; at < rest.length; at += SLICE_STEPS) {
        const slice = rest.slice(at, at + SLICE_STEPS);
        await turns.take(slice.length, this.#context);
        if (!await this.#send(slice, signal)) return;
      }
      while (await this.#hasNews(listing, signal)) {
        const steps = Math.min(listing.pending, SLICE_STEPS);
        await turns.take(steps, this.#context);
        if (!await this.#send(listing.take(steps), signal)) return;
      }
    } finally {
      listing.close();
      this.#stream.close();
    }
  }

  /** The current announcements. */
  async #present(
    listing: AnnounceSubscription,
    turns: Turns,
  ): Promise<readonly AnnounceEvent[]> {
    const present: Map<string, AnnounceEvent> = new Map();
    while (listing.pending > 0 && !listing.isListed) {
      await turns.take(SLICE_STEPS, this.#context);
      for (const event of listing.take(SLICE_STEPS)) {
        if (event.kind === "end") present.delete(event.path);
        else present.set(event.path, event);
      }
    }
    return [...present.values()].filter(isOfUse);
  }

  /** Writes the first answer; returns the part of `present` that it does not contain. */
  #begin(present: readonly AnnounceEvent[]): readonly AnnounceEvent[] {
    const { version, hop } = this.#context;
    if (hasAnnounceOk(version)) {
      this.#stream.write(encodeAnnounceOk({ hop, active: present.length }));
    }
    if (!hasAnnounceInit(version)) return present;
    const paths = present.slice(0, INIT_PATHS).map(({ path }) => path);
    for (const event of present.slice(0, INIT_PATHS)) this.#message(event);
    this.#stream.write(encodeAnnounceInit(paths));
    return present.slice(INIT_PATHS);
  }

  /** Waits for changes; `false` when `signal` aborts. Changes within the spacing are sent together. */
  async #hasNews(
    listing: AnnounceSubscription,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { clock } = this.#context;
    if (listing.backlog > 0) return !signal.aborted;
    for (;;) {
      const waitMs = this.#lookedMs + SPACING_MS - clock.now();
      // An abort ends the wait; it is checked below.
      if (waitMs > 0) await sleep(clock, waitMs, signal).catch(() => {});
      if (signal.aborted) return false;
      this.#lookedMs = clock.now();
      if (listing.pending > 0) return true;
      await listing.changed();
    }
  }

  /** Writes `events` in batches, each when the stream is ready; `false` if it has ended. */
  async #send(
    events: readonly AnnounceEvent[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const { version } = this.#context;
    let batch = new Writer();
    for (const event of events) {
      const message = this.#message(event);
      if (!message) continue;
      batch.bytes(encodeAnnouncement(message, version));
      if (batch.length < BATCH_BYTES) continue;
      if (!await this.#flush(batch, signal)) return false;
      batch = new Writer();
    }
    return await this.#flush(batch, signal);
  }

  /** Writes `batch` and waits until the stream is ready again. */
  async #flush(batch: Writer, signal: AbortSignal): Promise<boolean> {
    if (batch.length > 0) this.#stream.write(batch.finish());
    return await this.#stream.ready(signal);
  }

  /** The message for `event`, `undefined` if the peer needs none. */
  #message(event: AnnounceEvent): WithSuffix | undefined {
    const { path, route } = event;
    const { version } = this.#context;
    const live = this.#live.get(path);
    if (event.kind === "end" || !isOfUse(event)) {
      if (!live) return undefined;
      this.#live.delete(path);
      return { kind: "end", id: live.id, suffix: path };
    }
    const start = this.#start(path, route);
    const id = live?.id ?? this.#nextId++;
    this.#live.set(path, { id, hops: route.hops });
    if (!live) return start;
    // Drafts without prices do not report changes of price.
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

// With the receiver's own hop the chain would otherwise be too long.
function isOfUse({ route: { hops } }: AnnounceEvent): boolean {
  return hops.length < MAX_HOPS;
}

/** Limits the announce streams of one session, in total and per prefix. Prefixes have at most 32 levels, so this limits the work of all streams. */
export class AnnounceStreams {
  readonly #streams: Map<string, number> = new Map();
  #size = 0;

  /**
   * Counts a stream for `prefix` until the returned function is called. Throws
   * `MoqError("lagged")` over the limit per prefix, `MoqError("protocol")` over
   * `most`.
   */
  open(prefix: string, most: number): () => void {
    const streams = this.#streams.get(prefix) ?? 0;
    if (streams >= MAX_STREAMS_PER_PREFIX) {
      throw new MoqError(
        "lagged",
        `More than ${MAX_STREAMS_PER_PREFIX} announce streams for one prefix`,
      );
    }
    if (this.#size >= most) {
      throw new MoqError(
        "protocol",
        `Peer opened more than ${most} announce streams`,
      );
    }
    this.#streams.set(prefix, streams + 1);
    this.#size++;
    return () => this.#close(prefix);
  }

  #close(prefix: string): void {
    const left = (this.#streams.get(prefix) ?? 0) - 1;
    if (left > 0) this.#streams.set(prefix, left);
    else this.#streams.delete(prefix);
    this.#size--;
  }
}
