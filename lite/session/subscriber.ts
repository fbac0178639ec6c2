/**
 * The requesting half of a session: track properties, subscriptions and fetches.
 * Announcements have their own class.
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
import { CacheShare } from "../model/cache_share.ts";
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
import { RemoteTrack } from "./remote_track.ts";
import type { GroupReceiver, PeerRequests } from "./requests.ts";
import { type OutgoingRequest, outgoingRequest } from "./request.ts";
import { StreamCheck } from "./stream_check.ts";
import { type MessageReader, withType } from "./streams.ts";

/** Timeout of an answer to TRACK or FETCH. */
const ANSWER_TIMEOUT_MS = 10_000;
const MANY_BROADCASTS = 256;
/** Shortest time between two warnings of one session about evicted groups, in milliseconds. */
const SAY_LOSS_MS = 10_000;

/** A request, and how to read the start of its answer. */
interface Question<T> {
  readonly type: number;
  readonly message: Uint8Array;
  readonly signal: AbortSignal;
  readonly read: (reader: MessageReader) => Promise<T>;
}

interface Answer<T> extends OutgoingRequest {
  readonly answer: T;
}

/** Sends requests to the peer. */
export class SessionSubscriber implements PeerRequests {
  /** The state shared with the other half. */
  readonly context: SessionContext;
  /** What the peer announces. */
  readonly announcements: Announcements = new Announcements(this);
  readonly #cache: Cache;
  readonly #share: CacheShare;
  #losses = 0;
  #lossSaidMs = -Infinity;
  readonly #broadcasts: Map<string, Broadcast> = new Map();
  readonly #tracks: Map<number, GroupReceiver> = new Map();
  // The last to receive a group on a stream, which a stream check requests again.
  #latest: GroupReceiver | undefined;
  readonly #fetches: Fetches;
  #nextId = 0;
  #hasWarned = false;
  #manyBroadcasts = MANY_BROADCASTS;

  /** `cache` holds the received groups. */
  constructor(context: SessionContext, cache: Cache) {
    this.context = context;
    this.#cache = cache;
    this.#fetches = new Fetches(context);
    this.#share = this.#newShare("this session");
  }

  /** The peer's broadcast at `path`, announced or not; errors appear when it is used. */
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
    const { signal } = this.context;
    if (signal.aborted) broadcast.close(asMoqError(signal.reason, "transport"));
    else this.#broadcasts.set(normal, broadcast);
    return new BroadcastConsumer(broadcast);
  }

  /** The cache share of the broadcast at `path`: the peer's, or its own if the peer is a relay. */
  #shareOf(path: string): CacheShare {
    if (!this.context.limits.isRelay) return this.#share;
    return this.#newShare(`the publisher of ${path}`);
  }

  #newShare(owner: string): CacheShare {
    return new CacheShare(owner, ({ message }) => this.#lost(message));
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
    // With many in use, scanning for every new one would be quadratic.
    this.#manyBroadcasts = Math.max(MANY_BROADCASTS, this.#broadcasts.size * 2);
  }

  /** Ends everything from the peer. */
  close(error: MoqError): void {
    // Before the tracks, whose readers look for another route at once.
    this.announcements.close(error);
    for (const track of this.#tracks.values()) track.close(error);
    for (const broadcast of this.#broadcasts.values()) broadcast.close(error);
    this.#broadcasts.clear();
  }

  /** Opens a request stream and writes its first message. Throws `MoqError("timeout")` if the peer allows no stream in time, and `signal.reason`. */
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

  /** TRACK. Drafts without properties get the defaults. */
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
      const message = `Peer refused track ${JSON.stringify(name)} of ${
        JSON.stringify(broadcast)
      } without a reason; check both names, that they are published and that the credential allows reading them`;
      throw new MoqError("remote", message, { cause: error });
    });
    end();
    return answer;
  }

  /**
   * Sends a request and waits for the start of its answer; throws
   * `MoqError("timeout")`, or `signal.reason`. The caller must call `end` when it
   * needs nothing more.
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
        late: `Peer did not answer in ${ANSWER_TIMEOUT_MS} ms`,
      });
      return { ...request, answer };
    } catch (error) {
      request.end();
      failOnViolation(this.context, error);
      throw error;
    }
  }

  /** FETCH: resolves once the group has begun to arrive. */
  async fetch(
    target: FetchTarget,
    { priority = 0, signal }: FetchOptions,
  ): Promise<GroupConsumer> {
    const { version } = this.context;
    if (!hasFetch(version)) {
      throw new MoqError(
        "unsupported",
        `Cannot fetch group ${target.sequence}: that needs moq-lite-05, the session uses ${version}`,
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

  /** Registers a receiver and returns its subscription id. */
  register(track: GroupReceiver): number {
    const id = this.#nextId++;
    this.#tracks.set(id, track);
    return id;
  }

  /** Removes the receiver of this subscription. */
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

  /** Handles a group stream of the peer, after its type. */
  async group(reader: MessageReader): Promise<void> {
    const { version, stats } = this.context;
    const body = await reader.message();
    if (!body) return;
    const header = decodeGroupHeader(body, version);
    const track = this.#tracks.get(header.subscribeId);
    if (!track) {
      // Just unsubscribed, or never subscribed: not wanted.
      reader.cancel();
      return;
    }
    stats.receivedGroups++;
    if (track instanceof RemoteTrack) this.#latest = track;
    reader.readAtOnce(GROUP_SCRATCH_BYTES);
    await track.receive(reader, header);
  }

  /** Handles a datagram of the peer. */
  datagram(bytes: Uint8Array): void {
    const { stats } = this.context;
    const size = this.#takeDatagram(bytes);
    if (size === undefined) return void stats.droppedDatagrams++;
    stats.receivedDatagrams++;
    stats.receivedFrames++;
    stats.receivedBytes += size;
  }

  /** The size of its payload, `undefined` if it was dropped. */
  #takeDatagram(bytes: Uint8Array): number | undefined {
    const datagram = tryDecodeDatagram(bytes);
    if (!datagram || datagram.timestamp > MAX_TIMESTAMP) return undefined;
    const { subscribeId, sequence, ...frame } = datagram;
    const track = this.#tracks.get(subscribeId);
    const isTaken = track?.receiveDatagram(sequence, frame);
    return isTaken ? frame.payload.byteLength : undefined;
  }
}

/** Whether a stream ended early without a code: a refusal by a runtime that cannot send one, such as Deno's QUIC. */
function isSilent(error: unknown): boolean {
  return error instanceof MoqError && error.code === "remote" &&
    error.remoteCode === undefined;
}
