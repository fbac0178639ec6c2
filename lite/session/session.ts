/**
 * A session: moq-lite over one transport, in both roles.
 *
 * @module
 */
import {
  asMoqError,
  MoqError,
  sessionCodeOf,
  sessionErrorOf,
} from "../error.ts";
import { SILENT } from "../log.ts";
import type {
  BroadcastConsumer,
  BroadcastProducer,
} from "../model/broadcast.ts";
import { Cache } from "../model/cache.ts";
import { Origin, randomHop } from "../model/origin.ts";
import type { Publication } from "../model/publication.ts";
import type { AnnounceEvent, OriginScope } from "../model/origin_scope.ts";
import { linked } from "../signal.ts";
import { systemClock } from "../time.ts";
import type {
  BidiStream,
  ReceiveStream,
  Transport,
  TransportClose,
} from "../transport/transport.ts";
import {
  decodeSetup,
  encodeSetup,
  MAX_SETUP_BYTES,
  type Setup,
} from "../wire/setup.ts";
import type { Probe } from "../wire/probe.ts";
import { MAX_HOPS } from "../wire/message.ts";
import { BidiType, UniType } from "../wire/stream_type.ts";
import {
  codeTable,
  hasFetch,
  hasGoaway,
  hasProbe,
  hasSetupStream,
  hasTrackInfo,
  type Version,
  versionOf,
} from "../wire/version.ts";
import { abortStream } from "./abort.ts";
import { crossBarrier } from "./pacing/barrier.ts";
import { Congestion, type PathState } from "./pacing/congestion.ts";
import { isViolation, type SessionContext, SessionStats } from "./context.ts";
import { endedBefore, isAnnounced } from "./is_announced.ts";
import { GoawayExchange } from "./goaway.ts";
import type { InBandAgreement } from "./in_band.ts";
import { withCredit } from "./in_time.ts";
import { paced } from "./paced.ts";
import { CONTROL_ORDER, LAST_ORDER } from "./priority.ts";
import { askProbe } from "./probe_answers.ts";
import type { SessionOptions, SessionScopes } from "./options.ts";
import { SessionPublisher } from "./publisher.ts";
import type { IncomingRequest } from "./request.ts";
import { MessageReader, withType } from "./streams.ts";
import { SessionSubscriber } from "./subscriber.ts";
import { Tasks } from "../tasks.ts";

const DEFAULT_LIMIT = 1024;
const SETUP_TIMEOUT_MS = 10_000;
/** Timeout of a stream's type. A stream of low priority may start late on a full path. */
const TYPE_TIMEOUT_MS = 30_000;
const REQUESTS_AT_ONCE = 8;
// We report measurements to PROBE, but never raise the rate to measure.
const PROBE_REPORTS = 1;

/** Answers one request of the peer. */
type Answer = (request: IncomingRequest) => Promise<void>;

/** Emitted types leave out members with computed names, so this declares the disposal. */
export interface Session extends AsyncDisposable {}

/** moq-lite over one transport. */
export class Session {
  /** The connection. */
  readonly transport: Transport;
  /** The negotiated draft. */
  readonly version: Version;
  /** Resolves when the session has ended, with the error if it failed; never rejects. */
  readonly closed: Promise<MoqError | undefined>;
  /** Resolves when the peer asks us to move, with its URL, `""` for any. Stays pending otherwise. */
  readonly goingAway: Promise<string>;
  /** Counters. */
  readonly stats: SessionStats = new SessionStats();
  readonly #options: SessionOptions;
  readonly #ending = new AbortController();
  readonly #peer = Promise.withResolvers<Setup>();
  readonly #scopes = Promise.withResolvers<OriginScope>();
  readonly #goaway: GoawayExchange;
  readonly #publisher: SessionPublisher;
  readonly #subscriber: SessionSubscriber;
  readonly #context: SessionContext;
  readonly #answers: ReadonlyMap<number, Answer>;
  #local: OriginScope | undefined;
  #hasPeerSetup = false;
  #failure: MoqError | undefined;

  /** Does nothing before {@linkcode Session.start}. Throws `MoqError("version")` if the transport negotiated no draft. */
  constructor(transport: Transport, options: SessionOptions = {}) {
    const version = options.inBand?.version ??
      versionOf(transport.protocol ?? "");
    if (!version) {
      throw new MoqError(
        "version",
        `Transport negotiated no moq-lite protocol but ${
          transport.protocol ?? "none"
        }`,
      );
    }
    this.transport = transport;
    this.version = version;
    this.#options = options;
    this.#context = this.#makeContext();
    this.#publisher = new SessionPublisher(this.#context, this.#scopes.promise);
    this.#subscriber = new SessionSubscriber(
      this.#context,
      options.cache ?? new Cache({ clock: this.#context.clock }),
    );
    this.#goaway = new GoawayExchange(this.#context);
    this.#answers = this.#makeAnswers();
    this.goingAway = this.#goaway.asked;
    this.closed = this.#runClosed();
    // Both are awaited where needed; no one may be waiting if the session ends early.
    this.#peer.promise.catch(() => {});
    this.#scopes.promise.catch(() => {});
  }

  #makeContext(): SessionContext {
    const { hop, limits, setup, log = SILENT } = this.#options;
    const link = {
      transport: this.transport,
      version: this.version,
      clock: this.#options.clock ?? systemClock,
      tasks: new Tasks((name, error) => this.#taskFailed(name, error)),
      signal: this.#ending.signal,
      fail: (error: MoqError) => this.close(error),
    };
    return {
      ...link,
      path: new Congestion(link),
      hop: hop ?? randomHop(),
      cost: setup?.cost,
      peer: this.#peer.promise,
      log,
      limits: {
        subscriptions: limits?.subscriptions ?? DEFAULT_LIMIT,
        announcements: limits?.announcements ?? DEFAULT_LIMIT,
        hops: Math.min(limits?.hops ?? MAX_HOPS, MAX_HOPS),
        isRelay: limits?.isRelay ?? false,
      },
      stats: this.stats,
    };
  }

  /** Sends our SETUP and starts to read from the peer. Requests wait for {@linkcode Session.serve}. */
  start(): void {
    if (hasSetupStream(this.version)) {
      this.#context.tasks.run("setup", this.#sendSetup());
      this.#context.tasks.run("setup timeout", this.#awaitSetup());
    } else {
      this.#peer.resolve({ path: this.#options.inBand?.path });
    }
    const { inBand } = this.#options;
    if (inBand) {
      this.#context.tasks.run("session stream", this.#runSessionStream(inBand));
    }
    this.#context.tasks.run("incoming bidi", this.#runBidi());
    this.#context.tasks.run("incoming uni", this.#runUni());
    this.#context.tasks.run("datagrams", this.#runDatagrams());
  }

  /** Measurements of the path to the peer. */
  get path(): PathState {
    return this.#context.path;
  }

  /** The peer's SETUP; empty on drafts without. Throws the `MoqError` the session ended with. */
  get peer(): Promise<Setup> {
    return this.#peer.promise;
  }

  /** Starts to answer from the readable scope, and to claim the peer's announcements in the writable one. */
  serve({ readable, writable, limits }: SessionScopes): void {
    Object.assign(this.#context.limits, limits);
    this.#local = readable;
    this.#scopes.resolve(readable);
    for (const prefix of writable?.filter.prefixes ?? []) {
      this.#context.tasks.run(
        "announcements",
        this.#subscriber.announcements.feed(writable!, prefix),
      );
    }
  }

  /** Publishes a local broadcast to the peer. */
  publish(path: string, broadcast: BroadcastProducer): Publication {
    if (!this.#local) {
      throw new TypeError("Cannot publish yet, call serve() first");
    }
    return this.#local.publish(path, broadcast);
  }

  /** The peer's broadcast at `path`, announced or not; errors appear when it is used. */
  consume(path: string): BroadcastConsumer {
    return this.#subscriber.consume(path);
  }

  /** The peer's announcements under `prefix`: the current ones, then changes. Ends with `signal` or the session. */
  announced(
    prefix = "",
    signal?: AbortSignal,
  ): AsyncGenerator<AnnounceEvent, void> {
    return this.#listen(
      (over) => this.#subscriber.announcements.announced(prefix, over),
      signal,
    );
  }

  /** Resolves when the peer has a broadcast at `path`, published by another session. Throws `signal.reason`, and the `MoqError` of a session that ends before. */
  async whenAnnounced(path: string, signal?: AbortSignal): Promise<void> {
    if (await isAnnounced(this.announced(path, signal))) return;
    signal?.throwIfAborted();
    throw await this.closed ?? endedBefore(path);
  }

  /** The peer's measurements of its path to us: the current ones, then changes; a rate of 0 is unknown. Ends with `signal`, the session, or if the peer does not measure. */
  probe(signal?: AbortSignal): AsyncGenerator<Probe, void> {
    return this.#listen((over) => askProbe(this.#context, over), signal);
  }

  /** Aborts with `signal` and with the session. */
  #until(signal: AbortSignal | undefined): AbortSignal {
    const ending = this.#ending.signal;
    return signal ? AbortSignal.any([ending, signal]) : ending;
  }

  /** The items of `listen` until `signal` aborts or the session ends. */
  async *#listen<T>(
    listen: (over: AbortSignal) => AsyncGenerator<T, void>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<T, void> {
    const over = linked(this.#ending.signal, signal);
    try {
      yield* listen(over.signal);
    } finally {
      over.abort();
    }
  }

  /**
   * Whether groups still arrive on streams: subscribes a second time to a track
   * that is being read, and waits for the group that the answer promises. Also
   * `true` if nothing is read. Throws `signal.reason`, and the `MoqError` of a
   * session that ends before.
   */
  async checkStreams(signal?: AbortSignal): Promise<boolean> {
    return await this.#subscriber.checkStreams(this.#until(signal));
  }

  /** Resolves when everything written so far has arrived. Throws `signal.reason`, and the `MoqError` of a session that ends before. */
  flushed(signal?: AbortSignal): Promise<void> {
    return this.#cross(LAST_ORDER, signal);
  }

  /** Resolves after a round trip ahead of all other data. Throws as {@linkcode Session.flushed} does. */
  ping(signal?: AbortSignal): Promise<void> {
    return this.#cross(CONTROL_ORDER, signal);
  }

  async #cross(sendOrder: number, until?: AbortSignal): Promise<void> {
    const { transport, version } = this;
    const link = { transport, version, signal: this.#until(until) };
    await crossBarrier(link, { sendOrder });
  }

  /** Asks the peer to move to `uri`, `""` for any, and closes after `timeoutMs` or when the peer has left. */
  async drain(timeoutMs: number, uri = ""): Promise<void> {
    await this.#goaway.drain(timeoutMs, uri);
  }

  /** Ends the session, with the code of `error` if given. Idempotent, never throws. */
  close(error?: MoqError): void {
    if (this.#ending.signal.aborted) return;
    this.#failure = error;
    const code = error ? sessionCodeOf(error, codeTable(this.version)) : 0;
    this.#end(error ?? new MoqError("closed", "Session was closed here"));
    this.transport.close(code, error?.message ?? "");
  }

  /** Closes the session and waits until it has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closed;
  }

  #end(error: MoqError): void {
    this.#ending.abort(error);
    this.#peer.reject(error);
    this.#scopes.reject(error);
    this.#subscriber.close(error);
  }

  async #runClosed(): Promise<MoqError | undefined> {
    const close = await this.transport.closed;
    const error = this.#ending.signal.aborted
      ? this.#failure
      : errorOf(close, this.version);
    this.#end(error ?? new MoqError("closed", "Peer closed the session"));
    await this.#context.tasks.settled();
    this.#publisher.close();
    return error;
  }

  #taskFailed(name: string, error: MoqError): void {
    const { code, message } = error;
    if (this.#ending.signal.aborted) return;
    this.#context.log.debug?.("task failed", {
      task: name,
      code,
      reason: message,
    });
    if (code === "internal") {
      this.#context.log.error?.("unexpected failure", {
        task: name,
        reason: message,
        error: error.cause,
      });
    }
    if (isViolation(error)) this.close(error);
  }

  async #sendSetup(): Promise<void> {
    const { setup } = this.#options;
    const { hop } = this.#context;
    const sendOrder = CONTROL_ORDER;
    const { signal } = this.#ending;
    const stream = await withCredit(
      (signal) => this.transport.openUni({ sendOrder, signal }),
      { clock: this.#context.clock, signal },
    ).catch((cause) => {
      const error = asMoqError(cause);
      // The peer answers nothing before our SETUP.
      if (error.code === "timeout") this.close(error);
      throw error;
    });
    stream.write(
      withType(
        UniType.setup,
        encodeSetup({ probe: PROBE_REPORTS, ...setup, hop }),
      ),
    );
    stream.close();
  }

  async #awaitSetup(): Promise<void> {
    const ms = this.#options.setupTimeoutMs ?? SETUP_TIMEOUT_MS;
    const cancel = this.#context.clock.after(ms, () => {
      this.close(
        new MoqError("timeout", `Peer sent no SETUP in ${ms} ms`),
      );
    });
    try {
      await this.#peer.promise;
    } finally {
      cancel();
    }
  }

  async #runUni(): Promise<void> {
    for await (const stream of this.transport.incomingUni) {
      this.#context.tasks.run("uni stream", this.#uni(stream));
    }
  }

  async #uni(stream: ReceiveStream): Promise<void> {
    const reader = new MessageReader(stream, { version: this.version });
    const type = await this.#typeOf(reader);
    if (type === UniType.group) return await this.#subscriber.group(reader);
    if (type === UniType.setup && hasSetupStream(this.version)) {
      this.#receiveSetup(await reader.expectMessage(MAX_SETUP_BYTES));
      if (!await reader.chunk()) return;
    }
    reader.stop(0);
  }

  /** The type of a stream, `undefined` if it ends before. A stream without a type is stopped: nothing else would end it. */
  async #typeOf(reader: MessageReader): Promise<number | undefined> {
    const cancel = this.#context.clock.after(
      TYPE_TIMEOUT_MS,
      () => reader.stop(0),
    );
    try {
      return await reader.varint();
    } finally {
      cancel();
    }
  }

  #receiveSetup(body: Uint8Array): void {
    if (this.#hasPeerSetup) {
      throw new MoqError("protocol", "Peer sent a second SETUP");
    }
    this.#hasPeerSetup = true;
    this.#peer.resolve(decodeSetup(body));
  }

  /** Drafts 01 and 02: the session lives as long as the stream of its negotiation, whose later messages are ignored. */
  async #runSessionStream({ reader }: InBandAgreement): Promise<void> {
    try {
      await reader.drain();
    } finally {
      this.close();
    }
  }

  async #runBidi(): Promise<void> {
    const pace = { clock: this.#context.clock, atOnce: REQUESTS_AT_ONCE };
    for await (const stream of paced(this.transport.incomingBidi, pace)) {
      this.#context.tasks.run("bidi stream", this.#bidi(stream));
    }
  }

  #makeAnswers(): ReadonlyMap<number, Answer> {
    const { version } = this;
    const publisher = this.#publisher;
    const answers = new Map<number, Answer>([
      [BidiType.announce, (request) => publisher.announce(request)],
      [BidiType.subscribe, (request) => publisher.subscribe(request)],
    ]);
    if (hasTrackInfo(version)) {
      answers.set(BidiType.track, (request) => publisher.trackInfo(request));
    }
    if (hasFetch(version)) {
      answers.set(BidiType.fetch, (request) => publisher.fetch(request));
    }
    if (hasProbe(version)) {
      answers.set(BidiType.probe, (request) => publisher.probe(request));
    }
    if (hasGoaway(version)) {
      answers.set(BidiType.goaway, (request) => this.#goaway.receive(request));
    }
    return answers;
  }

  /** Answers one request; closes both halves in any case. */
  async #bidi(stream: BidiStream): Promise<void> {
    const reader = new MessageReader(stream.receive, { version: this.version });
    try {
      await this.#answer({ stream, reader });
    } catch (error) {
      abortStream(stream.send, asMoqError(error), this.#context);
      throw error;
    } finally {
      reader.stop(0);
    }
  }

  async #answer(request: IncomingRequest): Promise<void> {
    const { stream, reader } = request;
    const type = await this.#typeOf(reader);
    // The stream ended without a type.
    if (type === undefined) return stream.send.close();
    const answer = this.#answers.get(type);
    if (answer) return await answer(request);
    const error = new MoqError("cancelled", `Unknown stream type ${type}`);
    abortStream(stream.send, error, this.#context);
  }

  async #runDatagrams(): Promise<void> {
    for await (const bytes of this.transport.datagrams?.incoming ?? []) {
      this.#subscriber.datagram(bytes);
    }
  }
}

/** Starts a session that serves the given scope, by default that of a new origin: the client's side. */
export function openSession(
  transport: Transport,
  options: SessionOptions & Partial<SessionScopes> = {},
): Session {
  const session = new Session(transport, options);
  const { hop, clock, writable } = options;
  const { readable = new Origin({ hop, clock }).scope() } = options;
  session.start();
  session.serve({ readable, writable });
  return session;
}

function errorOf(
  { code, reason, error }: TransportClose,
  version: Version,
): MoqError | undefined {
  if (code === undefined) {
    return new MoqError("transport", `Connection was lost: ${reason}`, {
      cause: error,
    });
  }
  return code === 0
    ? undefined
    : sessionErrorOf(code, reason, codeTable(version));
}
