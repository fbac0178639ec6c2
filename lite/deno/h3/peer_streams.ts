/**
 * All streams that the peer of an HTTP/3 connection opens. Control and QPACK
 * streams are handled here; WebTransport streams and requests are handed on.
 * RFC 9114 section 6, draft-ietf-webtrans-http3.
 *
 * @module
 */
import { MoqError } from "../../error.ts";
import { Latch } from "../../latch.ts";
import { type Logger, SILENT } from "../../log.ts";
import { type Clock, systemClock } from "../../time.ts";
import { Inbox } from "../../transport/inbox.ts";
import type {
  BidiStream,
  ReceiveStream,
  SendStream,
} from "../../transport/transport.ts";
import { isPeerStreamError } from "../codes.ts";
import { quicReceiveStream, QuicSendStream } from "../streams.ts";
import { ByteReader } from "./byte_reader.ts";
import { readHttp3Settings, watchControl } from "./control.ts";
import { Http3Error } from "./error.ts";
import { readHeaders, STREAM, URGENT } from "./frames.ts";
import { StreamGate } from "./gate.ts";
import type { Field } from "./qpack.ts";
import type { Settings } from "./settings.ts";

const HEADER_TIMEOUT_MS = 5_000;
const MAX_UNI_HEADERS = 256;
const MAX_BIDI_HEADERS = 128;

/** Which end of the connection this is. */
export type Role = "client" | "server";

/** Options of {@linkcode Http3PeerStreams}. */
export interface PeerStreamsOptions {
  /** Timers; the system's by default. */
  readonly clock?: Clock | undefined;
  /** Logs dropped streams, at debug level. */
  readonly log?: Logger | undefined;
}

/** A stream with the id of its WebTransport session. */
export interface SessionStream<T> {
  /** Id of the session's CONNECT stream. */
  readonly sessionId: number;
  /** The stream after its header. */
  readonly stream: T;
}

/** A request whose header was read. */
export interface RequestStream {
  /** Id of the stream. */
  readonly id: number;
  /** Its header. */
  readonly fields: readonly Field[];
  /** What follows the header. */
  readonly reader: ByteReader;
  /** Our half, ahead of all other streams. */
  readonly send: SendStream;
}

/** Reads headers concurrently, so that a slow one delays nothing else. */
export class Http3PeerStreams {
  // The peer's stream limit bounds these queues.
  /** Unidirectional streams of sessions, until the end. */
  readonly uni: Inbox<SessionStream<ReceiveStream>> = new Inbox();
  /** Bidirectional streams of sessions, until the end. */
  readonly bidi: Inbox<SessionStream<BidiStream>> = new Inbox();
  /** Requests to a server, until the end. */
  readonly requests: Inbox<RequestStream> = new Inbox();
  /** Resolves when the peer violates HTTP/3 beyond one stream; never rejects. */
  readonly violated: Promise<Http3Error>;

  readonly #role: Role;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #latch = new Latch();
  readonly #violated = Promise.withResolvers<Http3Error>();
  readonly #critical = new Set<number>();
  readonly #uniGate = new StreamGate(MAX_UNI_HEADERS);
  readonly #bidiGate = new StreamGate(MAX_BIDI_HEADERS);
  #settings: Settings | undefined;
  #hasEnded = false;

  /** Starts to accept streams of `quic`. */
  constructor(quic: Deno.QuicConn, role: Role, options: PeerStreamsOptions) {
    this.#role = role;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? SILENT;
    this.violated = this.#violated.promise;
    this.#own(this.#accept(
      quic.incomingUnidirectionalStreams,
      (stream) => this.#receiveUni(new ByteReader(stream)),
      this.#uniGate,
    ));
    this.#own(this.#accept(
      quic.incomingBidirectionalStreams,
      (stream) => this.#receiveBidi(stream),
      this.#bidiGate,
    ));
  }

  /** Waits for the peer's SETTINGS; `undefined` if the connection ends before. */
  async settings(): Promise<Settings | undefined> {
    while (!this.#settings && !this.#hasEnded) await this.#latch.changed();
    return this.#settings;
  }

  /** Ends all loops and waits: the connection has ended. */
  end(): void {
    this.#hasEnded = true;
    this.uni.end();
    this.bidi.end();
    this.requests.end();
    this.#latch.wake();
  }

  /** Runs a task. A violation is reported; any other error only drops the task's stream. */
  #own(task: Promise<void>): void {
    task.catch((error) => {
      // The end of the connection fails every read; that is not an error of the streams.
      if (this.#hasEnded) return;
      if (error instanceof Http3Error) this.#violated.resolve(error);
      else this.#log.debug?.("stream dropped", { role: this.#role, error });
    });
  }

  async #accept<T>(
    incoming: ReadableStream<T>,
    receive: (stream: T) => Promise<void>,
    gate: StreamGate,
  ): Promise<void> {
    const streams = incoming.getReader();
    for (;;) {
      const { value, done } = await streams.read();
      if (done) return;
      this.#own(receive(value));
      await gate.room();
    }
  }

  /** Stops a stream whose header takes too long; the returned function cancels that. */
  #limit(reader: ByteReader): () => void {
    return this.#clock.after(HEADER_TIMEOUT_MS, () => reader.cancel());
  }

  async #receiveUni(reader: ByteReader): Promise<void> {
    const { type, sessionId } = await this.#readUniHeader(reader);
    switch (type) {
      case undefined:
        return; // It ended before its header, which is allowed.
      case STREAM.webTransportUni:
        return this.#handOnUni(reader, sessionId);
      case STREAM.control:
        this.#addCritical(type);
        return await this.#untilClosed(this.#runControl(reader));
      case STREAM.qpackEncoder:
      case STREAM.qpackDecoder:
        this.#addCritical(type);
        // Without a dynamic table these do not affect how headers are read.
        return await this.#untilClosed(reader.drain());
      case STREAM.push:
        throw new Http3Error(
          this.#role === "server" ? "streamCreationError" : "idError",
          "Expected no push stream, got one",
        );
      default:
        reader.cancel();
    }
  }

  async #readUniHeader(reader: ByteReader): Promise<UniHeader> {
    const leave = this.#uniGate.enter();
    try {
      // Chromium opens its QPACK streams and writes nothing to them: a silent stream must not be stopped.
      if (!await reader.hasMore()) return {};
      const stop = this.#limit(reader);
      try {
        const type = await reader.varint();
        const isSession = type === STREAM.webTransportUni;
        return {
          type,
          sessionId: isSession ? await reader.varint() : undefined,
        };
      } finally {
        stop();
      }
    } finally {
      leave();
    }
  }

  #handOnUni(reader: ByteReader, sessionId: number | undefined): void {
    if (sessionId === undefined) return;
    checkSessionId(sessionId);
    const { stream, left } = reader.release();
    const receive = quicReceiveStream(stream, left);
    const late = this.uni.push({ sessionId, stream: receive });
    late?.stream.stop(0);
  }

  async #receiveBidi(stream: Deno.QuicBidirectionalStream): Promise<void> {
    const reader = new ByteReader(stream.readable);
    const send = new QuicSendStream(stream.writable);
    const leave = this.#bidiGate.enter();
    const stop = this.#limit(reader);
    let isHandedOn = false;
    try {
      const type = await reader.varint();
      if (type === STREAM.webTransportBidi) {
        isHandedOn = await this.#handOnBidi(reader, send);
      } else if (type !== undefined) {
        isHandedOn = await this.#handOnRequest(type, { stream, reader, send });
      }
    } finally {
      stop();
      leave();
      if (!isHandedOn) send.close();
    }
  }

  async #handOnBidi(reader: ByteReader, send: SendStream): Promise<boolean> {
    const sessionId = await reader.varint();
    if (sessionId === undefined) return false;
    checkSessionId(sessionId);
    const { stream, left } = reader.release();
    const receive = quicReceiveStream(stream, left);
    const late = this.bidi.push({ sessionId, stream: { send, receive } });
    late?.stream.receive.stop(0);
    return late === undefined;
  }

  async #handOnRequest(
    type: number,
    { stream, reader, send }: {
      readonly stream: Deno.QuicBidirectionalStream;
      readonly reader: ByteReader;
      readonly send: SendStream;
    },
  ): Promise<boolean> {
    if (this.#role === "client") {
      throw new Http3Error(
        "streamCreationError",
        "Expected streams of the session from a server, got a request",
      );
    }
    const id = Number(stream.readable.id);
    // The end of a session must overtake data that waits to be sent.
    stream.writable.sendOrder = URGENT;
    const fields = await readHeaders(reader, type);
    if (!fields) return false;
    return this.requests.push({ id, fields, reader, send }) === undefined;
  }

  async #runControl(reader: ByteReader): Promise<void> {
    this.#settings = await readHttp3Settings(reader);
    this.#latch.wake();
    await watchControl(reader);
  }

  #addCritical(type: number): void {
    if (this.#critical.has(type)) {
      throw new Http3Error(
        "streamCreationError",
        `Expected one stream of type ${type}, got two`,
      );
    }
    this.#critical.add(type);
  }

  /** Any end of a critical stream is an error, unless the connection ended first. */
  async #untilClosed(reading: Promise<void>): Promise<void> {
    let cause: unknown;
    try {
      await reading;
    } catch (error) {
      if (!isAboutStream(error)) throw error;
      cause = error;
    }
    if (this.#hasEnded) return;
    throw new Http3Error(
      "closedCriticalStream",
      "Expected control and QPACK streams to stay open, got the end of one",
      cause,
    );
  }
}

interface UniHeader {
  readonly type?: number | undefined;
  readonly sessionId?: number | undefined;
}

function checkSessionId(sessionId: number): void {
  // Session ids are ids of bidirectional streams opened by the client.
  if (sessionId % 4 === 0) return;
  throw new Http3Error(
    "idError",
    `Expected the id of a CONNECT stream, got ${sessionId}`,
  );
}

/** Whether a read failed because of its stream, not because the connection ended. */
function isAboutStream(error: unknown): boolean {
  return isPeerStreamError(error) ||
    error instanceof MoqError && error.code === "decode";
}
