/**
 * One TCP port for HTTP and WebSocket, with TLS or without.
 *
 * @module
 */
import type { Logger } from "@moq-deno/lite";
import type { IncomingConnection } from "../auth.ts";
import type { Certificate } from "../certs.ts";
import { formatAddress } from "../config_rules.ts";
import type { Address } from "../config_values.ts";
import { handle, type HttpOptions } from "../http.ts";
import { cannotListen } from "./cannot_listen.ts";
import type { Queue } from "./queue.ts";
import { incomingWebSocket, isWebSocketUpgrade } from "./websocket.ts";

/** Options of {@linkcode listenTcp}. */
export interface ListenTcpOptions {
  /** Where the peers that come over WebSocket go. */
  readonly queue: Queue<IncomingConnection>;
  /** Where; port 0 for any. */
  readonly address: Address;
  /** The setting to change when that cannot be had. */
  readonly flag: string;
  /** TLS with this; absent: none. */
  readonly certificate?: Certificate | undefined;
  /** WebSocket subprotocols, the names of the drafts; absent: no WebSocket. */
  readonly protocols?: readonly string[] | undefined;
  /** What HTTP answers. */
  readonly http: HttpOptions;
  /** Hears of bugs. */
  readonly log: Logger;
}

/** A bound TCP port. */
export interface TcpListener {
  /** The address it is bound to. */
  readonly address: Address;
  /** Uses another certificate. The runtime ends every connection of the port for that, and peers come again. */
  reload(certificate: Certificate): Promise<void>;
  /** Ends it and all of its connections. */
  close(): Promise<void>;
}

// Requests that wait for their answer; one for a group may wait half a minute.
const MAX_REQUESTS = 1024;

/** Binds a TCP port; throws `ConfigError` when it cannot be had. */
export function listenTcp(options: ListenTcpOptions): TcpListener {
  const { queue, http, protocols } = options;
  let answering = 0;
  const answer = async (
    request: Request,
    info: Deno.ServeHandlerInfo<Deno.NetAddr>,
  ): Promise<Response> => {
    if (answering >= MAX_REQUESTS) {
      return new Response("Too many requests at once\n", { status: 503 });
    }
    answering++;
    try {
      return await respond(request, info);
    } finally {
      answering--;
    }
  };
  const respond = (
    request: Request,
    { remoteAddr }: Deno.ServeHandlerInfo<Deno.NetAddr>,
  ): Promise<Response> => {
    if (!protocols || !isWebSocketUpgrade(request)) {
      return handle(request, { ...http, remote: formatAddress(remoteAddr) });
    }
    const { incoming, response } = incomingWebSocket(request, {
      protocols,
      remote: formatAddress(remoteAddr),
    });
    if (incoming) queue.push(incoming);
    return response;
  };
  let running = start(options.address, { options, answer });
  const { hostname, port } = running.server.addr;
  const address = { hostname, port };
  return {
    address,
    async reload(certificate) {
      await running.stop();
      const changed = { ...options, certificate };
      running = start(address, { options: changed, answer });
    },
    close: () => running.stop(),
  };
}

interface Running {
  readonly server: Deno.HttpServer<Deno.NetAddr>;
  readonly stop: () => Promise<void>;
}

interface StartOptions {
  readonly options: ListenTcpOptions;
  readonly answer: Deno.ServeHandler<Deno.NetAddr>;
}

function start(
  { hostname, port }: Address,
  { options, answer }: StartOptions,
): Running {
  const { log, certificate, flag } = options;
  const stopped = new AbortController();
  try {
    const server = Deno.serve({
      hostname,
      port,
      signal: stopped.signal,
      ...(certificate && { cert: certificate.cert, key: certificate.key }),
      onListen: () => {}, // what is listened on is told by whoever asked for it
      onError(error) {
        log.error?.("request failed", { error });
        return new Response("Internal error\n", { status: 500 });
      },
    }, answer);
    const stop = async (): Promise<void> => {
      stopped.abort();
      await server.finished;
    };
    return { server, stop };
  } catch (cause) {
    throw cannotListen(`TCP ${formatAddress({ hostname, port })}`, {
      flag,
      cause,
    });
  }
}
