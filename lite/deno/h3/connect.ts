/**
 * The client's side of a WebTransport handshake on an HTTP/3 connection.
 *
 * @module
 */
import { MoqError } from "../../error.ts";
import type { Logger } from "../../log.ts";
import { type Clock, deadline, systemClock } from "../../time.ts";
import type { SendStream, Transport } from "../../transport/transport.ts";
import { quicError } from "../codes.ts";
import { type ConnectQuicOptions, dialQuic } from "../connect.ts";
import { QuicSendStream } from "../streams.ts";
import { ByteReader } from "./byte_reader.ts";
import {
  type ConnectResponse,
  readResponse,
  writeRequest,
} from "./connect_request.ts";
import { Http3Connection } from "./connection.ts";
import { Http3Error } from "./error.ts";
import { encodeFrame, FRAME, readHeaders, URGENT } from "./frames.ts";
import { encodeFields } from "./qpack.ts";
import { WebTransportSession } from "./session.ts";

const HANDSHAKE_TIMEOUT_MS = 10_000;
const MAX_INTERIM_RESPONSES = 8;

/** Options of {@linkcode openWebTransport}. */
export interface OpenWebTransportOptions {
  /** Subprotocols to offer, most wanted first. */
  readonly protocols: readonly string[];
  /** Fields to send along. */
  readonly headers?: Headers | undefined;
  /** Time for each step: the QUIC handshake, the server's answer. Default 10 s. */
  readonly timeoutMs?: number | undefined;
  /** Ends the wait, and the connection with it. */
  readonly signal?: AbortSignal | undefined;
  /** Timers; the system's by default. */
  readonly clock?: Clock | undefined;
  /** Where a peer's violations go. */
  readonly log?: Logger | undefined;
}

/** Options of {@linkcode connectWebTransport}. */
export interface ConnectWebTransportOptions
  extends OpenWebTransportOptions, Omit<ConnectQuicOptions, "alpn"> {}

/**
 * Connects to an `https:` URL and asks for a session there. Failures are those
 * of {@linkcode openWebTransport}, and `transport` when nobody answers.
 */
export async function connectWebTransport(
  url: URL,
  options: ConnectWebTransportOptions,
): Promise<Transport> {
  if (url.protocol !== "https:") {
    throw new TypeError(`Expected an https: URL, got ${url.protocol}`);
  }
  const clock = options.clock ?? systemClock;
  const ms = options.timeoutMs ?? HANDSHAKE_TIMEOUT_MS;
  const limit = deadline(clock, ms, options.signal);
  const { signal } = limit;
  try {
    const quic = await dialQuic(url, { ...options, signal, alpn: ["h3"] });
    return await openWebTransport({ quic, url }, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error !== signal.reason) throw error;
    throw new MoqError("timeout", `Expected ${url.host} within ${ms} ms`);
  } finally {
    limit.clear();
  }
}

/**
 * Asks for a session at `url` on `quic`, whose ALPN must be h3 and which now
 * belongs to it. Throws `MoqError`, and has ended the connection then:
 * `unauthorized` for status 401 and 403, `remote` with the status as
 * `remoteCode` for any other than 200.
 */
export async function openWebTransport(
  { quic, url }: { readonly quic: Deno.QuicConn; readonly url: URL },
  options: OpenWebTransportOptions,
): Promise<Transport> {
  const clock = options.clock ?? systemClock;
  const connection = new Http3Connection(quic, "client", options);
  const ms = options.timeoutMs ?? HANDSHAKE_TIMEOUT_MS;
  const limit = deadline(clock, ms, options.signal);
  const release = connection.closeOn(limit.signal, `No answer in ${ms} ms`);
  try {
    const { hasDatagrams, hasWebTransport } = await connection.settings();
    if (!hasWebTransport) {
      throw new MoqError("unsupported", "Expected WebTransport, got HTTP/3");
    }
    const stream = await openRequest(quic);
    const section = encodeFields(writeRequest(url, options));
    stream.send.write(encodeFrame(FRAME.headers, section));
    const { protocol } = await readAnswer(stream.reader, options.protocols);
    return new WebTransportSession(connection, {
      ...stream,
      protocol,
      hasDatagrams,
      clock,
    });
  } catch (error) {
    const failure = connection.end ? connection.endError : quicError(error);
    connection.fail(failure);
    options.signal?.throwIfAborted();
    throw failure;
  } finally {
    release();
    limit.clear();
  }
}

interface Request {
  readonly id: number;
  readonly reader: ByteReader;
  readonly send: SendStream;
}

async function openRequest(quic: Deno.QuicConn): Promise<Request> {
  const { readable, writable } = await quic.createBidirectionalStream({
    sendOrder: URGENT,
    waitUntilAvailable: true,
  });
  return {
    id: Number(readable.id),
    reader: new ByteReader(readable),
    send: new QuicSendStream(writable),
  };
}

async function readAnswer(
  reader: ByteReader,
  offered: readonly string[],
): Promise<ConnectResponse> {
  for (let count = 0; count < MAX_INTERIM_RESPONSES; count++) {
    const fields = await readHeaders(reader);
    if (!fields) break;
    const answer = readResponse(fields);
    if (answer.status < 200) continue;
    checkAnswer(answer, offered);
    return answer;
  }
  throw new MoqError("decode", "Expected a final response, got none");
}

function checkAnswer(
  { status, protocol }: ConnectResponse,
  offered: readonly string[],
): void {
  if (status !== 200) {
    const isAuth = status === 401 || status === 403;
    throw new MoqError(
      isAuth ? "unauthorized" : "remote",
      `Expected status 200, got ${status}`,
      { remoteCode: status },
    );
  }
  if (protocol !== undefined && !offered.includes(protocol)) {
    throw new Http3Error(
      "webTransportAlpnError",
      `Expected one of the subprotocols offered, got "${protocol}"`,
    );
  }
}
