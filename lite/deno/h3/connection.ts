/**
 * One HTTP/3 connection on a QUIC connection of Deno: its own streams are dealt
 * with here, streams of WebTransport sessions and requests are handed on. RFC
 * 9114 sections 6 and 7.
 *
 * Whatever the peer does ends at most this connection.
 *
 * @module
 */
import { MoqError } from "../../error.ts";
import { Latch } from "../../latch.ts";
import { type Logger, SILENT } from "../../log.ts";
import { type Clock, systemClock } from "../../time.ts";
import type {
  BidiStream,
  ReceiveStream,
  SendStream,
  TransportClose,
} from "../../transport/transport.ts";
import { Inbox } from "../../transport/inbox.ts";
import { isPeerStreamError } from "../codes.ts";
import { quicReceiveStream, quicSendStream } from "../streams.ts";
import { ByteReader } from "./byte_reader.ts";
import { closedByPeer, lost } from "./connection_end.ts";
import { readSettings, watchControl } from "./control.ts";
import { HTTP3_CODES, Http3Error } from "./error.ts";
import {
  encodeFrame,
  encodePrefix,
  FRAME,
  readHeaders,
  STREAM,
} from "./frames.ts";
import type { Field } from "./qpack.ts";
import { encodeSettings, type Settings } from "./settings.ts";

/** Strict priority above everything an application sends. */
export const URGENT = 2 ** 31 - 1;

const HEADER_TIMEOUT_MS = 5_000;
const MAX_WAITING_FOR_HEADER = 128;

/** Which end of the connection this is. */
export type Role = "client" | "server";

/** Options of {@linkcode Http3Connection}. */
export interface Http3Options {
  /** Timers; the system's by default. */
  readonly clock?: Clock | undefined;
  /** Where a peer's violations go. */
  readonly log?: Logger | undefined;
}

/** A stream that names the WebTransport session it belongs to. */
export interface SessionStream<T> {
  /** Id of the session's CONNECT stream. */
  readonly sessionId: number;
  /** The stream behind its header. */
  readonly stream: T;
}

/** A request with its header read. */
export interface RequestStream {
  /** Id of the stream. */
  readonly id: number;
  /** Its header. */
  readonly fields: readonly Field[];
  /** What comes behind the header. */
  readonly reader: ByteReader;
  /** Our half. */
  readonly send: SendStream;
}

// As many as the peer's stream limit allows may lie in one of these, so the limit bounds them.
interface Inboxes {
  readonly uni: Inbox<SessionStream<ReceiveStream>>;
  readonly bidi: Inbox<SessionStream<BidiStream>>;
  readonly requests: Inbox<RequestStream>;
}

/** Runs from construction until {@linkcode Http3Connection.closed}; nothing it starts ever rejects unhandled. */
export class Http3Connection {
  /** The connection below; datagrams and new streams are its user's business. */
  readonly quic: Deno.QuicConn;
  /** What the peer opened, until the end. */
  readonly incoming: Inboxes = {
    uni: new Inbox(),
    bidi: new Inbox(),
    requests: new Inbox(),
  };
  /** Resolves once the connection has ended, whoever ended it; never rejects. */
  readonly closed: Promise<TransportClose>;

  readonly #role: Role;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #latch = new Latch();
  readonly #closed = Promise.withResolvers<TransportClose>();
  readonly #peerStreams = new Set<number>();
  // Critical streams must stay open, and the runtime closes what nobody refers to.
  #control: SendStream | undefined;
  #settings: Settings | undefined;
  #end: TransportClose | undefined;
  #waiting = 0;

  /** Takes over `quic`, whose ALPN must be h3. */
  constructor(quic: Deno.QuicConn, role: Role, options: Http3Options = {}) {
    this.quic = quic;
    this.#role = role;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? SILENT;
    this.closed = this.#closed.promise;
    quic.closed.then(
      (info) => this.#finish(closedByPeer(info)),
      (cause) => this.#finish(lost(cause)),
    );
    this.#own(this.#openControl());
    this.#own(this.#runUni());
    this.#own(this.#runBidi());
  }

  /** How it ended, when it has. */
  get end(): TransportClose | undefined {
    return this.#end;
  }

  /** Why nothing more can be expected of this connection. */
  get endError(): MoqError {
    const cause = this.#end?.error;
    if (cause instanceof MoqError) return cause;
    const reason = this.#end?.reason || "no reason given";
    return new MoqError("transport", `The connection has ended: ${reason}`);
  }

  /** Waits for the peer's SETTINGS; throws {@linkcode Http3Connection.endError} when the connection ends before. */
  async settings(): Promise<Settings> {
    while (!this.#settings) {
      if (this.#end) throw this.endError;
      await this.#latch.changed();
    }
    return this.#settings;
  }

  /** Ends the connection with `reason` as `MoqError("timeout")` when `signal` aborts; returns the function that undoes it. */
  closeOn(signal: AbortSignal, reason: string): () => void {
    const giveUp = (): void => {
      const error = new MoqError("timeout", reason);
      this.close(HTTP3_CODES.noError, reason, { reason, error });
    };
    if (signal.aborted) giveUp();
    else signal.addEventListener("abort", giveUp, { once: true });
    return () => signal.removeEventListener("abort", giveUp);
  }

  /** Ends the connection because of `error`: with its code when the peer broke HTTP/3, else with H3_NO_ERROR. */
  fail(error: unknown): void {
    if (this.#end) return;
    const message = error instanceof Error ? error.message : String(error);
    this.#log.warn?.("http3 failed", { role: this.#role, error });
    const code = error instanceof Http3Error
      ? error.http3Code
      : HTTP3_CODES.noError;
    this.close(code, message, {
      reason: message,
      error: error instanceof Error ? error : new MoqError("internal", message),
    });
  }

  /** Sends CONNECTION_CLOSE with a number of the wire and reports `end`; idempotent, never throws. */
  close(wireCode: number, reason: string, end: TransportClose): void {
    if (this.#end) return;
    this.#finish(end);
    this.quic.close({ closeCode: wireCode, reason });
  }

  #finish(end: TransportClose): void {
    if (this.#end) return;
    this.#end = end;
    this.incoming.uni.end();
    this.incoming.bidi.end();
    this.incoming.requests.end();
    this.#latch.wake();
    this.#closed.resolve(end);
  }

  /** Runs a task: a violation ends the connection, anything else only the stream it is about. */
  #own(task: Promise<void>): void {
    task.catch((error) => {
      if (error instanceof Http3Error) this.fail(error);
      else this.#log.debug?.("stream dropped", { role: this.#role, error });
    });
  }

  async #openControl(): Promise<void> {
    const stream = await this.quic.createUnidirectionalStream({
      sendOrder: URGENT,
      waitUntilAvailable: true,
    });
    this.#control = quicSendStream(
      stream as WritableStream<Uint8Array<ArrayBuffer>>,
    );
    this.#control.write(encodePrefix(STREAM.control));
    this.#control.write(encodeFrame(FRAME.settings, encodeSettings()));
  }

  async #runUni(): Promise<void> {
    const streams = this.quic.incomingUnidirectionalStreams.getReader();
    for (;;) {
      const { value, done } = await streams.read();
      if (done) return;
      this.#own(this.#receiveUni(new ByteReader(value)));
      await this.#roomForHeader();
    }
  }

  async #runBidi(): Promise<void> {
    const streams = this.quic.incomingBidirectionalStreams.getReader();
    for (;;) {
      const { value, done } = await streams.read();
      if (done) return;
      this.#own(this.#receiveBidi(value));
      await this.#roomForHeader();
    }
  }

  async #roomForHeader(): Promise<void> {
    while (this.#waiting >= MAX_WAITING_FOR_HEADER && !this.#end) {
      await this.#latch.changed();
    }
  }

  /** Counts and times one stream's wait for its header; the reader is cancelled when the time has passed. */
  async #readHeader<T>(reader: ByteReader, read: () => Promise<T>): Promise<T> {
    this.#waiting++;
    const stop = this.#clock.after(HEADER_TIMEOUT_MS, () => reader.cancel());
    try {
      return await read();
    } finally {
      stop();
      this.#waiting--;
      this.#latch.wake();
    }
  }

  async #receiveUni(reader: ByteReader): Promise<void> {
    // Chromium opens its QPACK streams and writes nothing to them: silence must not cost it a critical stream.
    if (!await this.#hasBegun(reader)) return;
    const header = await this.#readHeader(reader, async () => {
      const type = await reader.varint();
      const isSession = type === STREAM.webTransportUni;
      return { type, sessionId: isSession ? await reader.varint() : undefined };
    });
    switch (header.type) {
      case STREAM.control:
        return await this.#runControl(reader);
      case STREAM.qpackEncoder:
      case STREAM.qpackDecoder:
        return await this.#runQpack(header.type, reader);
      case STREAM.push:
        throw new Http3Error(
          this.#role === "server" ? "streamCreationError" : "idError",
          "Expected no push stream, got one",
        );
    }
    if (header.sessionId === undefined) return reader.cancel();
    checkSessionId(header.sessionId);
    const { stream, left } = reader.release();
    const receive = quicReceiveStream(stream, left);
    const { sessionId } = header;
    const late = this.incoming.uni.push({ sessionId, stream: receive });
    late?.stream.stop(0);
  }

  async #hasBegun(reader: ByteReader): Promise<boolean> {
    this.#waiting++;
    try {
      return await reader.hasMore();
    } finally {
      this.#waiting--;
      this.#latch.wake();
    }
  }

  async #receiveBidi(
    { readable, writable }: Deno.QuicBidirectionalStream,
  ): Promise<void> {
    const id = Number(readable.id);
    const reader = new ByteReader(readable);
    const send = quicSendStream(
      writable as WritableStream<Uint8Array<ArrayBuffer>>,
    );
    try {
      const handedOn = await this.#readHeader(reader, async () => {
        const type = await reader.varint();
        if (type === undefined) return false;
        if (type === STREAM.webTransportBidi) {
          return await this.#handOnBidi(reader, send);
        }
        // Whatever ends a session has to overtake what waits to be sent on it.
        writable.sendOrder = URGENT;
        return await this.#handOnRequest(type, { id, reader, send });
      });
      if (!handedOn) send.close();
    } catch (error) {
      send.close();
      throw error;
    }
  }

  async #handOnBidi(reader: ByteReader, send: SendStream): Promise<boolean> {
    const sessionId = await reader.varint();
    if (sessionId === undefined) return false;
    checkSessionId(sessionId);
    const { stream, left } = reader.release();
    const receive = quicReceiveStream(stream, left);
    const bidi = { sessionId, stream: { send, receive } };
    return this.incoming.bidi.push(bidi) === undefined;
  }

  async #handOnRequest(
    type: number,
    stream: Omit<RequestStream, "fields">,
  ): Promise<boolean> {
    if (this.#role === "client") {
      throw new Http3Error(
        "streamCreationError",
        "Expected streams of the session from a server, got a request",
      );
    }
    const fields = await readHeaders(stream.reader, type);
    if (!fields) return false;
    const request = { ...stream, fields };
    return this.incoming.requests.push(request) === undefined;
  }

  /** Remembers one of the streams that every peer has once and keeps open. */
  #addCritical(type: number): void {
    if (this.#peerStreams.has(type)) {
      throw new Http3Error(
        "streamCreationError",
        `Expected one stream of type ${type}, got two`,
      );
    }
    this.#peerStreams.add(type);
  }

  async #runControl(reader: ByteReader): Promise<void> {
    this.#addCritical(STREAM.control);
    await this.#untilClosed(async () => {
      this.#settings = await readSettings(reader);
      this.#latch.wake();
      await watchControl(reader);
    });
  }

  async #runQpack(type: number, reader: ByteReader): Promise<void> {
    this.#addCritical(type);
    // Without a dynamic table nothing in these streams changes how a header is read.
    await this.#untilClosed(() => reader.drain());
  }

  /** The end of a critical stream is an error, however it ends, unless the connection ended first. */
  async #untilClosed(run: () => Promise<void>): Promise<void> {
    let cause: unknown;
    try {
      await run();
    } catch (error) {
      const isAboutStream = isPeerStreamError(error) ||
        error instanceof MoqError && error.code === "decode";
      if (!isAboutStream) throw error;
      cause = error;
    }
    if (this.#end) return;
    throw new Http3Error(
      "closedCriticalStream",
      "Expected control and QPACK streams to stay open, got the end of one",
      cause,
    );
  }
}

function checkSessionId(sessionId: number): void {
  // Session ids are ids of streams that a client opened in both directions.
  if (sessionId % 4 === 0) return;
  throw new Http3Error(
    "idError",
    `Expected the id of a CONNECT stream, got ${sessionId}`,
  );
}
