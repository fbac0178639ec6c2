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
import {
  WebTransportSession,
  type WebTransportSessionOptions,
} from "./session.ts";

const HANDSHAKE_TIMEOUT_MS = 10_000;
const REFUSAL_TIMEOUT_MS = 500;

/** Options of {@linkcode acceptWebTransport}. */
export interface AcceptOptions {
  /** Supported subprotocols; the server selects the first of the client's list that is among them. */
  readonly protocols: readonly string[];
  /** Timeout of each step: of a client's QUIC handshake, and of the peer's SETTINGS and CONNECT. Default 10 s. */
  readonly timeoutMs?: number | undefined;
  /** Ends the wait and the connection. */
  readonly signal?: AbortSignal | undefined;
  /** Timers; the system's by default. */
  readonly clock?: Clock | undefined;
  /** Logs the peer's protocol violations. */
  readonly log?: Logger | undefined;
}

/** A client's request for a session: answer it with exactly one of the three methods. */
export interface WebTransportRequest {
  /** `https`, authority, path and query. */
  readonly url: URL;
  /** The page's origin, if the client is a browser. */
  readonly origin: string | undefined;
  /** Everything but the pseudo-headers. */
  readonly headers: Headers;
  /** Subprotocols offered, in order of preference. */
  readonly offered: readonly string[];
  /** The subprotocol selected; `undefined` if none matches, and the session then starts without one. */
  readonly protocol: string | undefined;
  /** Answers 200; throws `MoqError("transport")` if the connection has ended. */
  accept(): Transport;
  /** Answers 200 and closes the session at once: the only refusal whose code and reason a browser shows. Never throws. */
  reject(code: number, reason: string): void;
  /** Answers with an HTTP status from 300 to 599 and ends the connection. Throws `RangeError` for any other status. */
  refuse(status: number): void;
}

/**
 * Waits for a session request on `quic`, whose ALPN must be h3, and takes
 * ownership of it. Ends the connection before it throws a `MoqError`.
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
    // A connection carries one session.
    connection.tasks.run("other requests", refuseOthers(connection));
    const protocol = request.offered.find((name) =>
      options.protocols.includes(name)
    );
    const { hasDatagrams } = settings;
    return answerable(connection, {
      ...request,
      ...stream,
      protocol,
      hasDatagrams,
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

/** `request` with its three answers, of which one is allowed. */
function answerable(
  connection: Http3Connection,
  request: ConnectRequest & WebTransportSessionOptions & RequestStream,
): WebTransportRequest {
  const { url, headers, offered, protocol, clock } = request;
  let isAnswered = false;
  const answerOnce = (): void => {
    if (isAnswered) throw new TypeError("The request was already answered");
    isAnswered = true;
  };
  const begin = (): WebTransportSession => {
    writeHeader(request.send, 200, protocol);
    return new WebTransportSession(connection, request);
  };
  return {
    url,
    headers,
    offered,
    protocol,
    origin: headers.get("origin") ?? undefined,
    accept() {
      answerOnce();
      if (connection.end) throw connection.endError;
      return begin();
    },
    reject(code, reason) {
      answerOnce();
      begin().close(code, reason);
    },
    refuse(status) {
      if (!Number.isInteger(status) || status < 300 || status > 599) {
        throw new RangeError(
          `Expected a status from 300 to 599, got ${status}`,
        );
      }
      answerOnce();
      answer(request, status);
      // Give the answer time to arrive before the connection ends.
      const stop = clock.after(
        REFUSAL_TIMEOUT_MS,
        () => connection.close(HTTP3_CODES.noError, { reason: "refused" }),
      );
      connection.closed.then(stop);
    },
  };
}
