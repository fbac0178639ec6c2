/**
 * The client's side of a WebTransport handshake on an HTTP/3 connection.
 *
 * @module
 */
import { MoqError } from "../../error.ts";
import { deadline, systemClock } from "../../time.ts";
import type { Transport } from "../../transport/transport.ts";
import { quicError } from "../codes.ts";
import { type ConnectQuicOptions, dialQuic } from "../connect.ts";
import { QuicSendStream } from "../streams.ts";
import type { AcceptOptions } from "./accept.ts";
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
import type { RequestStream } from "./peer_streams.ts";
import { WebTransportSession } from "./session.ts";

const HANDSHAKE_TIMEOUT_MS = 10_000;
const MAX_INTERIM_RESPONSES = 8;

/** Options of {@linkcode openWebTransport}, with the subprotocols to offer. */
export interface OpenWebTransportOptions extends AcceptOptions {
  /** Extra request fields. */
  readonly headers?: Headers | undefined;
}

/** Options of {@linkcode connectWebTransport}. */
export interface ConnectWebTransportOptions
  extends OpenWebTransportOptions, Omit<ConnectQuicOptions, "alpn"> {}

/**
 * Connects to an `https:` URL and requests a session. Throws as
 * {@linkcode openWebTransport} does, and `MoqError("transport")` if the server
 * does not answer.
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
    throw new MoqError("timeout", `No answer from ${url.host} in ${ms} ms`);
  } finally {
    limit.clear();
  }
}

/**
 * Requests a session at `url` on `quic`, whose ALPN must be h3, and takes
 * ownership of it. Ends the connection before it throws a `MoqError`:
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
      throw new MoqError(
        "unsupported",
        "Server has HTTP/3 but no WebTransport",
      );
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

async function openRequest(
  quic: Deno.QuicConn,
): Promise<Omit<RequestStream, "fields">> {
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
  throw new MoqError("decode", "Server sent no final response");
}

function checkAnswer(
  { status, protocol }: ConnectResponse,
  offered: readonly string[],
): void {
  if (status !== 200) {
    const isAuth = status === 401 || status === 403;
    throw new MoqError(
      isAuth ? "unauthorized" : "remote",
      `Server answered with status ${status}`,
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
