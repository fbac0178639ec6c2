/**
 * A track of the peer: one SUBSCRIBE while it has readers here. moq-lite-06,
 * "SUBSCRIBE".
 *
 * @module
 */
import { asMoqError, MoqError } from "../error.ts";
import { Latch } from "../latch.ts";
import type { Frame } from "../model/frame.ts";
import type { GroupConsumer } from "../model/group.ts";
import type {
  FetchOptions,
  TrackInfo,
  TrackProducer,
  TrackSource,
} from "../model/track.ts";
import { isSameDemand, type Wanted } from "../model/demand.ts";
import { onAbort } from "../signal.ts";
import { deadline } from "../time.ts";
import type { SendStream } from "../transport/transport.ts";
import type { GroupHeader } from "../wire/group.ts";
import { BidiType } from "../wire/stream_type.ts";
import { encodeSubscribe, encodeSubscribeUpdate } from "../wire/subscribe.ts";
import {
  decodeSubscribeResponse,
  type SubscribeResponse,
} from "../wire/subscribe_response.ts";
import {
  hasSubscribeOk,
  hasSubscribeUpdate,
  hasUntypedOk,
} from "../wire/version.ts";
import { failOnViolation } from "./context.ts";
import { groupSink } from "./compat.ts";
import { receiveGroup } from "./group_receiver.ts";
import type { MessageReader } from "./streams.ts";
import type { GroupReceiver, PeerRequests } from "./requests.ts";

/** How long to wait for outstanding groups if the subscriber set no age. */
const TAIL_MS = 1000;
/** The longest wait for them. */
const MAX_TAIL_MS = 30_000;

/** Identifies a track. */
export interface RemoteTrackOptions {
  /** Path of its broadcast, as the peer knows it. */
  readonly broadcast: string;
  /** Its name. */
  readonly name: string;
}

/** A track that the peer publishes. */
export class RemoteTrack implements TrackSource, GroupReceiver {
  readonly #requests: PeerRequests;
  /** Identifies the track. */
  readonly options: RemoteTrackOptions;
  readonly #latch = new Latch();
  #track: TrackProducer | undefined;
  #receiving = 0;
  #start: number | undefined;
  #end: number | undefined;
  #seen = 0;

  /** Use {@linkcode SessionSubscriber.consume}. */
  constructor(requests: PeerRequests, options: RemoteTrackOptions) {
    this.#requests = requests;
    this.options = options;
  }

  /** TRACK. */
  info(): Promise<TrackInfo> {
    const { broadcast, name } = this.options;
    return this.#requests.trackInfo(broadcast, name);
  }

  /** FETCH. */
  fetch(sequence: number, options: FetchOptions): Promise<GroupConsumer> {
    return this.#requests.fetch({ ...this.options, sequence }, options);
  }

  /** SUBSCRIBE, until the peer ends it or `signal` aborts. */
  async run(track: TrackProducer, signal: AbortSignal): Promise<void> {
    const { context } = this.#requests;
    const { version } = context;
    await track.track.info(signal);
    const { wanted } = track.demand;
    if (!wanted) return;
    this.#reset(track);
    const id = this.#requests.register(this);
    const over = new AbortController();
    try {
      const { send, reader, end } = await this.#requests.request(
        BidiType.subscribe,
        encodeSubscribe({
          id,
          broadcast: this.options.broadcast,
          track: this.options.name,
          ...wanted,
          startFrame: 0,
        }, version),
        signal,
      );
      const release = onAbort(signal, end);
      context.tasks.run(
        "subscribe updates",
        this.#followDemand(track, { asked: wanted, send, over }),
      );
      try {
        await this.#runResponses(reader, track);
        await this.#awaitTail(wanted, signal);
      } catch (error) {
        failOnViolation(context, error);
        throw error;
      } finally {
        release();
        end();
      }
    } finally {
      over.abort();
      track.track.demandLatch.wake();
      this.#requests.unregister(id);
      this.#track = undefined;
    }
  }

  #reset(track: TrackProducer): void {
    this.#track = track;
    this.#start = undefined;
    this.#end = undefined;
    this.#seen = 0;
  }

  /** Handles responses to the end of the peer's half. */
  async #runResponses(
    reader: MessageReader,
    track: TrackProducer,
  ): Promise<void> {
    const { version } = this.#requests.context;
    let isAccepted = !hasSubscribeOk(version);
    for (;;) {
      const response = await this.#response(reader);
      if (!response) break;
      if (response.kind === "ok") isAccepted = true;
      if (response.kind === "start") this.#start ??= response.group;
      if (response.kind === "end") {
        this.#end = response.group;
        track.track.finishAt(response.group);
      }
    }
    // Up to 04 the end of the stream ends the track; later END does.
    const isComplete = hasSubscribeOk(version) || this.#end !== undefined;
    if (isAccepted && isComplete) return;
    throw new MoqError(
      "remote",
      `Peer ended the stream without SUBSCRIBE_${isAccepted ? "END" : "OK"}`,
    );
  }

  async #response(
    reader: MessageReader,
  ): Promise<SubscribeResponse | undefined> {
    const { version } = this.#requests.context;
    if (hasUntypedOk(version)) {
      const body = await reader.message();
      return body && decodeSubscribeResponse(0, body, version);
    }
    const type = await reader.varint();
    if (type === undefined) return undefined;
    return decodeSubscribeResponse(
      type,
      await reader.expectMessage(),
      version,
    );
  }

  async #followDemand(
    track: TrackProducer,
    { asked, send, over }: {
      readonly asked: Wanted;
      readonly send: SendStream;
      readonly over: AbortController;
    },
  ): Promise<void> {
    const { version } = this.#requests.context;
    if (!hasSubscribeUpdate(version)) return;
    let last = asked;
    // Changes while the peer does not read are merged into one.
    for (;;) {
      const isReady = await send.ready(over.signal);
      if (!isReady || over.signal.aborted) return;
      const { wanted } = track.demand;
      if (!wanted || isSameDemand(wanted, last)) {
        await track.demand.changed();
      } else {
        const update = { ...wanted, startFrame: 0 };
        send.write(encodeSubscribeUpdate(update, version));
        last = wanted;
      }
    }
  }

  /** Waits for groups that are still in flight after the end of the stream. */
  async #awaitTail(wanted: Wanted, signal: AbortSignal): Promise<void> {
    const { clock, version } = this.#requests.context;
    // Drafts that do not announce the last group get the short wait.
    const ageMs = hasSubscribeOk(version) ? TAIL_MS : wanted.maxAgeMs;
    const ms = Math.min(ageMs || TAIL_MS, MAX_TAIL_MS);
    const patience = deadline(clock, ms, signal);
    const releases = [patience.signal, signal].map((one) =>
      this.#latch.wakeOn(one)
    );
    try {
      while (!patience.signal.aborted && this.#isOwed()) {
        await this.#latch.changed();
      }
      while (!signal.aborted && this.#receiving > 0) {
        await this.#latch.changed();
      }
    } finally {
      for (const release of releases) release();
      patience.clear();
    }
  }

  #isOwed(): boolean {
    if (hasSubscribeOk(this.#requests.context.version)) return true;
    if (this.#start === undefined || this.#end === undefined) return false;
    return this.#seen < this.#end - this.#start;
  }

  /** Receives a group for this subscription, after its header. */
  async receive(reader: MessageReader, header: GroupHeader): Promise<void> {
    const { version, clock, log, stats } = this.#requests.context;
    const { sequence, frameStart } = header;
    const group = this.#track?.track.begin(sequence, { frameStart });
    if (!group) {
      log.debug?.("group refused", { track: this.options.name, sequence });
      reader.cancel();
      return;
    }
    this.#seen++;
    this.#receiving++;
    const sink = groupSink(group, version, clock);
    await receiveGroup(reader, group, { clock, sink, count: stats });
    this.#receiving--;
    this.#latch.wake();
  }

  /** Receives a one-frame group for this subscription; `false` if it already exists. */
  receiveDatagram(sequence: number, frame: Frame): boolean {
    const track = this.#track?.track;
    if (!track?.insertDatagram(sequence, frame)) return false;
    this.#seen++;
    this.#latch.wake();
    return true;
  }

  /** The session has ended. */
  close(error: MoqError): void {
    this.#track?.close(asMoqError(error));
    this.#latch.wake();
  }
}
