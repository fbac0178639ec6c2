/**
 * The server's side of a WebTransport handshake on an HTTP/3 connection.
 *
 * @module
 */
import type { Logger } from "../../log.ts";
import { type Clock, deadline, systemClock } from "../../time.ts";
import type { SendStream, Transport } from "../../transport/transport.ts";
import {
  type ConnectRequest,
  readRequest,
  writeResponse,
} from "./connect_request.ts";
import { Http3Connection } from "./connection.ts";
import { HTTP3_CODES } from "./error.ts";
import { encodeFrame, FRAME } from "./frames.ts";
import type { RequestStream } from "./peer_streams.ts";
import { encodeFields } from "./qpack.ts";
import { WebTransportSession } from "./session.ts";
import type { Settings } from "./settings.ts";

const HANDSHAKE_TIMEOUT_MS = 10_000;
const REFUSAL_TIMEOUT_MS = 500;

/** Options of {@linkcode acceptWebTransport}. */
export interface AcceptOptions {
  /** Subprotocols spoken here; the first of the client's list that is among them is agreed on. */
  readonly protocols: readonly string[];
  /** Time for SETTINGS and the CONNECT request to come. Default 10 s. */
  readonly timeoutMs?: number | undefined;
  /** Ends the wait, and the connection with it. */
  readonly signal?: AbortSignal | undefined;
  /** Timers; the system's by default. */
  readonly clock?: Clock | undefined;
  /** Where a peer's violations go. */
  readonly log?: Logger | undefined;
}

/** A client that asks for a session: answer with exactly one of its three methods. */
export interface WebTransportRequest {
  /** `https`, authority, path and query. */
  readonly url: URL;
  /** Where the page comes from, when a browser asks. */
  readonly origin: string | undefined;
  /** Everything but the pseudo-headers. */
  readonly headers: Headers;
  /** Subprotocols offered, most wanted first. */
  readonly offered: readonly string[];
  /** The subprotocol agreed on; `undefined` when none matches, and the session begins without. */
  readonly protocol: string | undefined;
  /** Answers 200; throws `MoqError("transport")` when the connection has ended meanwhile. */
  accept(): Transport;
  /** Answers 200 and closes the session at once, the one refusal whose code and reason a browser shows. Never throws. */
  reject(code: number, reason: string): void;
  /** Answers with an HTTP status other than 2xx and ends the connection. Never throws once the status is valid. */
  refuse(status: number): void;
}

/**
 * Waits for a session's request on `quic`, whose ALPN must be h3 and which now
 * belongs to it. Throws `MoqError`, and has ended the connection then.
 *
 * ```ts ignore
 * for await (const quic of listener.incoming) {
 *   const request = await acceptWebTransport(quic, { protocols: PROTOCOLS });
 *   if (request.url.pathname === "/demo") serve(request.accept());
 *   else request.reject(6, "Nothing here for you");
 * }
 * ```
 */
export async function acceptWebTransport(
  quic: Deno.QuicConn,
  options: AcceptOptions,
): Promise<WebTransportRequest> {
  const clock = options.clock ?? systemClock;
  const connection = new Http3Connection(quic, "server", options);
  const ms = options.timeoutMs ?? HANDSHAKE_TIMEOUT_MS;
  const limit = deadline(clock, ms, options.signal);
  const release = connection.closeOn(limit.signal, `No request in ${ms} ms`);
  try {
    const settings = await connection.settings();
    const [stream, request] = await nextConnect(connection);
    // There is one session on a connection.
    connection.tasks.run("other requests", refuseOthers(connection));
    const protocol = request.offered.find((name) =>
      options.protocols.includes(name)
    );
    return new Incoming(connection, {
      ...request,
      stream,
      protocol,
      settings,
      clock,
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error;
  } finally {
    release();
    limit.clear();
  }
}

async function nextConnect(
  connection: Http3Connection,
): Promise<readonly [RequestStream, ConnectRequest]> {
  for await (const stream of connection.incoming.requests) {
    const request = readRequest(stream.fields);
    if (!("status" in request)) return [stream, request];
    answer(stream, request.status);
  }
  throw connection.endError;
}

async function refuseOthers(connection: Http3Connection): Promise<void> {
  for await (const stream of connection.incoming.requests) {
    const request = readRequest(stream.fields);
    answer(stream, "status" in request ? request.status : 429);
  }
}

function answer({ reader, send }: RequestStream, status: number): void {
  reader.cancel();
  writeHeader(send, status);
  send.close();
}

function writeHeader(
  send: SendStream,
  status: number,
  protocol?: string,
): void {
  const section = encodeFields(writeResponse(status, protocol));
  send.write(encodeFrame(FRAME.headers, section));
}

interface IncomingOptions extends ConnectRequest {
  readonly stream: RequestStream;
  readonly protocol: string | undefined;
  readonly settings: Settings;
  readonly clock: Clock;
}

class Incoming implements WebTransportRequest {
  readonly url: URL;
  readonly origin: string | undefined;
  readonly headers: Headers;
  readonly offered: readonly string[];
  readonly protocol: string | undefined;
  readonly #connection: Http3Connection;
  readonly #options: IncomingOptions;
  #isAnswered = false;

  constructor(connection: Http3Connection, options: IncomingOptions) {
    this.url = options.url;
    this.headers = options.headers;
    this.origin = options.headers.get("origin") ?? undefined;
    this.offered = options.offered;
    this.protocol = options.protocol;
    this.#connection = connection;
    this.#options = options;
  }

  accept(): Transport {
    this.#answerOnce();
    if (this.#connection.end) throw this.#connection.endError;
    return this.#begin();
  }

  reject(code: number, reason: string): void {
    this.#answerOnce();
    this.#begin().close(code, reason);
  }

  refuse(status: number): void {
    if (!Number.isInteger(status) || status < 300 || status > 599) {
      throw new RangeError(`Expected a status from 300 to 599, got ${status}`);
    }
    this.#answerOnce();
    answer(this.#options.stream, status);
    const connection = this.#connection;
    // The answer needs time to arrive before the connection ends under it.
    const stop = this.#options.clock.after(
      REFUSAL_TIMEOUT_MS,
      () => connection.close(HTTP3_CODES.noError, { reason: "refused" }),
    );
    connection.closed.then(stop);
  }

  #begin(): Transport {
    const { stream, protocol, settings, clock } = this.#options;
    writeHeader(stream.send, 200, protocol);
    return new WebTransportSession(this.#connection, {
      ...stream,
      protocol,
      hasDatagrams: settings.hasDatagrams,
      clock,
    });
  }

  #answerOnce(): void {
    if (this.#isAnswered) throw new TypeError("The request was answered");
    this.#isAnswered = true;
  }
}
