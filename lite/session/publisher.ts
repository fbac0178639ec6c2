/**
 * The answering half of a session: announcements, track properties,
 * subscriptions and fetches, from one scope of an origin.
 *
 * @module
 */
import { broadcastBehind } from "../model/broadcast.ts";
import { groupOf } from "../model/group.ts";
import { asMoqError, MoqError } from "../error.ts";
import type { OriginScope } from "../model/origin_scope.ts";
import type { TrackConsumer } from "../model/track.ts";
import { aborted, linked, type LinkedController } from "../signal.ts";
import type { BidiStream, SendStream } from "../transport/transport.ts";
import { decodeAnnounceRequest } from "../wire/announce.ts";
import { decodeFetch } from "../wire/fetch.ts";
import { decodeSubscribe } from "../wire/subscribe.ts";
import { decodeTrackRequest, encodeTrackInfo } from "../wire/track.ts";
import { hasSetupStream } from "../wire/version.ts";
import { abortStream } from "./abort.ts";
import { Announcer, AnnounceStreams } from "./announcer.ts";
import type { SessionContext } from "./context.ts";
import { sendFrames } from "./group_sender.ts";
import { ANSWER_ORDER, SendOrders } from "./priority.ts";
import { reportProbes } from "./probe_reports.ts";
import { RequestedBroadcasts } from "./requested.ts";
import type { IncomingRequest } from "./request.ts";
import type { MessageReader } from "./streams.ts";
import { ServedSubscription } from "./served_subscription.ts";

/** Answers the peer's requests. */
export class SessionPublisher {
  readonly #context: SessionContext;
  readonly #scope: Promise<OriginScope>;
  readonly #orders = new SendOrders();
  readonly #ids: Set<number> = new Set();
  readonly #requested = new RequestedBroadcasts();
  readonly #announceStreams = new AnnounceStreams();

  /** Answers from `scope`, once it resolves. */
  constructor(context: SessionContext, scope: Promise<OriginScope>) {
    this.#context = context;
    this.#scope = scope;
  }

  /** The scope without the peer's own broadcasts. */
  async #view(exclude?: bigint): Promise<OriginScope> {
    const { peer, version } = this.#context;
    const setup = hasSetupStream(version) ? await peer : undefined;
    return (await this.#scope).excluding(exclude ?? setup?.hop);
  }

  /** ANNOUNCE_REQUEST. */
  async announce({ stream, reader }: IncomingRequest): Promise<void> {
    const { version, signal, limits } = this.#context;
    const request = decodeAnnounceRequest(
      await reader.request(),
      version,
    );
    const close = this.#announceStreams.open(
      request.prefix,
      limits.announcements,
    );
    const over = linked(signal);
    try {
      const view = await this.#view(request.excludeHop);
      this.#context.tasks.run(
        "announce end",
        endWith(reader, over, stream),
      );
      await new Announcer(this.#context, stream.send).run(request, {
        scope: view,
        signal: over.signal,
      });
    } finally {
      close();
      over.abort();
    }
  }

  /** The requested track of the request on `stream`. */
  async #track(
    { broadcast, track }: {
      readonly broadcast: string;
      readonly track: string;
    },
    { send }: BidiStream,
  ): Promise<TrackConsumer> {
    const view = await this.#view();
    const consumer = view.consume(broadcast);
    this.#requested.begin(send, broadcastBehind(consumer), view.origin);
    return consumer.track(track);
  }

  /** The session has ended. */
  close(): void {
    this.#requested.forgetIdle();
  }

  /** Answers a request for one track until the peer ends it; a failure refuses it. */
  async #serve(
    { send }: BidiStream,
    answer: (over: LinkedController) => Promise<void>,
  ): Promise<void> {
    const over = linked(this.#context.signal);
    try {
      await answer(over);
    } catch (error) {
      this.#refuse(send, error);
    }
    this.#requested.end(send, { isRefused: false });
    over.abort();
  }

  /** TRACK. */
  async trackInfo({ stream, reader }: IncomingRequest): Promise<void> {
    const { version, tasks } = this.#context;
    await this.#serve(stream, async (over) => {
      const request = decodeTrackRequest(await reader.request());
      tasks.run("track end", endOnStop(stream, over));
      const track = await this.#track(request, stream);
      const info = await track.info(over.signal);
      stream.send.write(encodeTrackInfo(info, version));
      stream.send.close();
    });
  }

  /** FETCH. */
  async fetch({ stream, reader }: IncomingRequest): Promise<void> {
    const { version, path, tasks, stats: count } = this.#context;
    const flow = path.open(ANSWER_ORDER);
    await this.#serve(stream, async (over) => {
      const { signal } = over;
      const request = decodeFetch(await reader.request(), version);
      tasks.run("fetch end", endWith(reader, over, stream));
      const track = await this.#track(request, stream);
      const { group: sequence, priority, startFrame, endFrame } = request;
      const group = await track.fetch(sequence, { priority, signal });
      await sendFrames(stream.send, groupOf(group), {
        context: this.#context,
        signal,
        // Answers are never cut for their age.
        pace: {
          grant: (wanted) => flow.grant(wanted),
          wait: (wanted) => flow.wait(wanted, signal),
        },
        count,
        startFrame,
        endFrame,
      });
    });
    flow.close();
  }

  /** SUBSCRIBE. */
  async subscribe({ stream, reader }: IncomingRequest): Promise<void> {
    const { version, limits, stats } = this.#context;
    const message = decodeSubscribe(await reader.request(), version);
    if (this.#ids.has(message.id)) {
      throw new MoqError(
        "protocol",
        `Peer used subscription id ${message.id} twice`,
      );
    }
    this.#ids.add(message.id);
    stats.subscriptions++;
    const order = this.#orders.open();
    await this.#serve(stream, async () => {
      if (stats.subscriptions > limits.subscriptions) {
        throw new MoqError(
          "lagged",
          `More than ${limits.subscriptions} subscriptions`,
        );
      }
      const track = await this.#track(message, stream);
      const request = { stream, reader };
      const options = { message, order, track, request };
      await new ServedSubscription(this.#context, options).run();
    });
    order.close();
    stats.subscriptions--;
    this.#ids.delete(message.id);
  }

  /** PROBE: reports measurements of the path when they change, until the peer ends it. */
  async probe({ stream, reader }: IncomingRequest): Promise<void> {
    const { signal, tasks } = this.#context;
    const over = linked(signal);
    tasks.run("probe end", endWith(reader, over, stream));
    try {
      await reportProbes(stream.send, this.#context, over.signal);
    } finally {
      over.abort();
    }
  }

  #refuse(send: SendStream, cause: unknown): void {
    const error = asMoqError(cause);
    const { log } = this.#context;
    log.debug?.("request refused", { code: error.code, reason: error.message });
    abortStream(send, error, this.#context);
    this.#requested.end(send, { isRefused: true });
  }
}

/** Aborts when the peer ends its half, or stops reading ours. */
async function endWith(
  reader: MessageReader,
  over: LinkedController,
  stream: BidiStream,
): Promise<void> {
  const stopped = endOnStop(stream, over);
  try {
    await reader.drain();
  } catch {
    // A reset means the same as a FIN: the peer is no longer interested.
  }
  over.abort(noLongerWanted());
  await stopped;
}

/** Aborts when the peer stops reading our half; ends with the controller too. */
async function endOnStop(
  stream: BidiStream,
  over: LinkedController,
): Promise<void> {
  await Promise.race([stream.send.stopped, aborted(over.signal)]);
  over.abort(noLongerWanted());
}

function noLongerWanted(): MoqError {
  return new MoqError("cancelled", "Peer cancelled the request");
}
