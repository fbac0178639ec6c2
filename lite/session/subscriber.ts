/**
 * The half of a session that asks: track properties, subscriptions and
 * fetches; announcements are in a class of their own.
 *
 * @module
 */
import { asMoqError, MoqError } from "../error.ts";
import { normalizePath } from "../path.ts";
import { onAbort } from "../signal.ts";
import { Broadcast, BroadcastConsumer } from "../model/broadcast.ts";
import { MAX_TIMESTAMP } from "../model/frame.ts";
import { type GroupConsumer, GroupProducer } from "../model/group.ts";
import {
  DEFAULT_TRACK_INFO,
  type FetchOptions,
  type TrackInfo,
} from "../model/track.ts";
import type { Cache } from "../model/cache.ts";
import type { CacheShare, CacheShareOptions } from "../model/cache_share.ts";
import { tryDecodeDatagram } from "../wire/datagram.ts";
import { encodeFetch } from "../wire/fetch.ts";
import { decodeGroupHeader } from "../wire/group.ts";
import { BidiType } from "../wire/stream_type.ts";
import { decodeTrackInfo, encodeTrackRequest } from "../wire/track.ts";
import { hasFetch, hasTrackInfo } from "../wire/version.ts";
import { Announcements } from "./announcements.ts";
import { failOnViolation, type SessionContext } from "./context.ts";
import { type Arriving, Fetches, type FetchTarget } from "./fetches.ts";
import { GROUP_SCRATCH_BYTES, receiveGroup } from "./group_receiver.ts";
import { inTime, withCredit } from "./in_time.ts";
import { CONTROL_ORDER } from "./priority.ts";
import { RemoteTrack, type RemoteTrackOptions } from "./remote_track.ts";
import type { GroupReceiver, PeerRequests } from "./requests.ts";
import { type OutgoingRequest, outgoingRequest } from "./request.ts";
import { StreamCheck } from "./stream_check.ts";
import { type MessageReader, withType } from "./streams.ts";

/** How long an answer to TRACK or FETCH may take. */
const ANSWER_TIMEOUT_MS = 10_000;
const MANY_BROADCASTS = 256;
/** Shortest time between two warnings of one session about evicted groups, in milliseconds. */
const SAY_LOSS_MS = 10_000;

/** One request and how the beginning of its answer is read. */
interface Question<T> {
  readonly type: number;
  readonly message: Uint8Array;
  readonly signal: AbortSignal;
  readonly read: (reader: MessageReader) => Promise<T>;
}

interface Answer<T> extends OutgoingRequest {
  readonly answer: T;
}

/** Asks the peer. */
export class SessionSubscriber implements PeerRequests {
  /** What it shares with the other half. */
  readonly context: SessionContext;
  /** What the peer announces. */
  readonly announcements: Announcements = new Announcements(this);
  readonly #cache: Cache;
  readonly #share: CacheShare;
  #losses = 0;
  #lossSaidMs = -Infinity;
  readonly #broadcasts: Map<string, Broadcast> = new Map();
  readonly #tracks: Map<number, GroupReceiver> = new Map();
  // The last to get a group on a stream: what a check asks for again.
  #latest: GroupReceiver | undefined;
  readonly #fetches: Fetches;
  #nextId = 0;
  #hasWarned = false;
  #manyBroadcasts = MANY_BROADCASTS;

  /** Groups that come in are accounted for by `cache`. */
  constructor(context: SessionContext, cache: Cache) {
    this.context = context;
    this.#cache = cache;
    this.#fetches = new Fetches(context);
    this.#share = cache.share(this.#sharing("this session"));
  }

  /** The peer's broadcast at `path`, whether it is announced or not; what is wrong with it shows when it is used. */
  consume(path: string): BroadcastConsumer {
    const normal = normalizePath(path);
    const present = this.#broadcasts.get(normal);
    if (present && !present.ended) return new BroadcastConsumer(present);
    if (this.#broadcasts.size >= this.#manyBroadcasts) this.#forgetIdle();
    const broadcast = new Broadcast({
      cache: this.#cache,
      share: this.#shareOf(normal),
      source: {
        track: (name) => new RemoteTrack(this, { broadcast: normal, name }),
      },
    });
    if (this.context.signal.aborted) broadcast.close(this.#gone());
    else this.#broadcasts.set(normal, broadcast);
    return new BroadcastConsumer(broadcast);
  }

  /** The cache share of the broadcast at `path`: the peer's, or its own behind a relay. */
  #shareOf(path: string): CacheShare {
    if (!this.context.limits.isRelay) return this.#share;
    return this.#cache.share(this.#sharing(`the publisher of ${path}`));
  }

  #sharing(owner: string): CacheShareOptions {
    return {
      owner,
      onLoss: ({ message }) => this.#lost(message),
    };
  }

  /** Logs evicted newest groups, at most every ten seconds. */
  #lost(reason: string): void {
    const { log, clock } = this.context;
    this.#losses++;
    if (clock.now() - this.#lossSaidMs < SAY_LOSS_MS) return;
    log.warn?.("newest group evicted, the cache is too small", {
      reason,
      groups: this.#losses,
    });
    this.#lossSaidMs = clock.now();
    this.#losses = 0;
  }

  #forgetIdle(): void {
    for (const [path, broadcast] of this.#broadcasts) {
      if (broadcast.isIdle) this.#broadcasts.delete(path);
    }
    // With many in use, a scan for every new one would be quadratic.
    this.#manyBroadcasts = Math.max(MANY_BROADCASTS, this.#broadcasts.size * 2);
  }

  #gone(): MoqError {
    return asMoqError(this.context.signal.reason, "transport");
  }

  /** Ends everything that came from the peer. */
  close(error: MoqError): void {
    // Before the tracks, whose readers look for another way at once.
    this.announcements.close(error);
    for (const track of this.#tracks.values()) track.close(error);
    for (const broadcast of this.#broadcasts.values()) broadcast.close(error);
    this.#broadcasts.clear();
  }

  /** Opens a request stream and writes its first message. Throws `MoqError("timeout")` when the peer allows no stream in time, and `signal.reason`. */
  async request(
    type: number,
    message: Uint8Array,
    signal?: AbortSignal,
  ): Promise<OutgoingRequest> {
    const { transport, version, clock } = this.context;
    const sendOrder = CONTROL_ORDER;
    const stream = await withCredit(
      (signal) => transport.openBidi({ sendOrder, signal }),
      { clock, signal },
    ).catch((error) => {
      if (!signal?.aborted) this.#warnOnce(asMoqError(error));
      throw error;
    });
    stream.send.write(withType(type, message));
    return outgoingRequest(stream, version);
  }

  #warnOnce({ code, message }: MoqError): void {
    if (code !== "timeout" || this.#hasWarned) return;
    this.#hasWarned = true;
    const { log } = this.context;
    log.warn?.("requests to the peer fail", { reason: message });
  }

  /** TRACK. Drafts that have no properties get the defaults. */
  async trackInfo(broadcast: string, name: string): Promise<TrackInfo> {
    const { version, signal } = this.context;
    if (!hasTrackInfo(version)) return DEFAULT_TRACK_INFO;
    const message = encodeTrackRequest({ broadcast, track: name });
    const { answer, end } = await this.#ask({
      type: BidiType.track,
      message,
      signal,
      read: async (reader) =>
        decodeTrackInfo(await reader.expectMessage(), version),
    }).catch((error) => {
      if (!isSilent(error)) throw error;
      throw refusedInSilence({ broadcast, name }, error);
    });
    end();
    return answer;
  }

  /**
   * Sends a request and waits for the beginning of its answer; throws
   * `MoqError("timeout")` when that does not come, or `signal.reason`. Whoever
   * gets the answer calls `end` when nothing more is wanted.
   */
  async #ask<T>(
    { type, message, signal, read }: Question<T>,
  ): Promise<Answer<T>> {
    const { clock } = this.context;
    const request = await this.request(type, message, signal);
    const answered = async (patience: AbortSignal): Promise<T> => {
      const release = onAbort(patience, request.end);
      try {
        return await read(request.reader);
      } finally {
        release();
      }
    };
    try {
      const answer = await inTime(answered, {
        clock,
        signal,
        ms: ANSWER_TIMEOUT_MS,
        expected: `Expected an answer within ${ANSWER_TIMEOUT_MS} ms, got none`,
      });
      return { ...request, answer };
    } catch (error) {
      request.end();
      failOnViolation(this.context, error);
      throw error;
    }
  }

  /** FETCH: resolves once the group has begun to come. */
  async fetch(
    target: FetchTarget,
    { priority = 0, signal }: FetchOptions,
  ): Promise<GroupConsumer> {
    const { version } = this.context;
    if (!hasFetch(version)) {
      throw new MoqError(
        "unsupported",
        `Expected moq-lite-05 or newer to fetch group ${target.sequence}, the session speaks ${version}`,
      );
    }
    return await this.#fetches.fetch(
      target,
      (signal) => this.#fetch(target, { priority, signal }),
      { signal },
    );
  }

  async #fetch(
    { broadcast, name, sequence }: FetchTarget,
    { priority, signal }: {
      readonly priority: number;
      readonly signal: AbortSignal;
    },
  ): Promise<Arriving> {
    const { version, clock, stats: count } = this.context;
    const message = encodeFetch({
      broadcast,
      track: name,
      priority,
      group: sequence,
      startFrame: 0,
    }, version);
    const { answer: first, reader, end } = await this.#ask({
      type: BidiType.fetch,
      message,
      signal,
      read: (reader) => {
        reader.readAtOnce(GROUP_SCRATCH_BYTES);
        return reader.chunk();
      },
    });
    const group = new GroupProducer(sequence, {
      cache: this.#cache,
      share: this.#shareOf(broadcast),
      maxAgeMs: this.#cache.maxAgeMs,
    });
    const release = onAbort(signal, end);
    const received = receiveGroup(reader, group, { clock, first, count })
      .then(end)
      .finally(release);
    return { group, received };
  }

  /** Takes an id for a subscription and what comes for it. */
  register(track: GroupReceiver): number {
    const id = this.#nextId++;
    this.#tracks.set(id, track);
    return id;
  }

  /** Nothing more is wanted for this subscription. */
  unregister(id: number): void {
    if (this.#tracks.get(id) === this.#latest) this.#latest = undefined;
    this.#tracks.delete(id);
  }

  /** See `Session.checkStreams`. */
  async checkStreams(signal: AbortSignal): Promise<boolean> {
    const track = this.#latest;
    if (!(track instanceof RemoteTrack)) return true;
    return await new StreamCheck(this).run(track.options, signal);
  }

  /** A group stream of the peer's, past its type. */
  async group(reader: MessageReader): Promise<void> {
    const { version, stats } = this.context;
    const body = await reader.message();
    if (!body) return;
    const header = decodeGroupHeader(body, version);
    const track = this.#tracks.get(header.subscribeId);
    if (!track) {
      // Unsubscribed a moment ago, or never: either way nobody wants it.
      reader.cancel();
      return;
    }
    stats.receivedGroups++;
    if (track instanceof RemoteTrack) this.#latest = track;
    reader.readAtOnce(GROUP_SCRATCH_BYTES);
    await track.receive(reader, header);
  }

  /** A datagram of the peer's: a group that is new, or nothing. */
  datagram(bytes: Uint8Array): void {
    const { stats } = this.context;
    const size = this.#takeDatagram(bytes);
    if (size === undefined) return void stats.droppedDatagrams++;
    stats.receivedDatagrams++;
    stats.receivedFrames++;
    stats.receivedBytes += size;
  }

  /** The size of its payload, `undefined` when it is of no use. */
  #takeDatagram(bytes: Uint8Array): number | undefined {
    const datagram = tryDecodeDatagram(bytes);
    if (!datagram || datagram.timestamp > MAX_TIMESTAMP) return undefined;
    const { subscribeId, sequence, ...frame } = datagram;
    const track = this.#tracks.get(subscribeId);
    const isTaken = track?.receiveDatagram(sequence, frame);
    return isTaken ? frame.payload.byteLength : undefined;
  }
}

/** Whether a stream ended early without a code: a refusal by a runtime that cannot send one, as Deno's QUIC. */
function isSilent(error: unknown): boolean {
  return error instanceof MoqError && error.code === "remote" &&
    error.remoteCode === undefined;
}

function refusedInSilence(
  { broadcast, name }: RemoteTrackOptions,
  cause: unknown,
): MoqError {
  return new MoqError(
    "remote",
    `Expected the properties of track ${name} of ${broadcast}, the peer refused without a reason; check both names, that somebody publishes them and that the credential allows to read them`,
    { cause },
  );
}
