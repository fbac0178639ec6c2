/**
 * HTTP requests of all ports: WebSocket upgrades become peers of the relay,
 * others are answered.
 *
 * @module
 */
import type { Inbox } from "@moq-deno/lite/internal";
import type { QmuxTuning } from "@moq-deno/lite/transport";
import type { IncomingPeer } from "../auth/auth.ts";
import { crowded, handle, type HttpOptions } from "../http.ts";
import type { Gate } from "../limits.ts";
import { incomingWebSocket, isWebSocketUpgrade } from "./websocket.ts";

/** Options of {@linkcode HttpRequests}. */
interface RequestsOptions {
  /** Receives the peers over WebSocket. */
  readonly queue: Inbox<IncomingPeer>;
  /** WebSocket subprotocols, the names of the drafts; absent: no WebSocket. */
  readonly protocols?: readonly string[] | undefined;
  /** Limits of a peer over WebSocket. Default those of `qmuxTransport`. */
  readonly tuning?: QmuxTuning | undefined;
  /** Options of the HTTP answers. */
  readonly http: HttpOptions;
  /** Limits concurrent WebSocket upgrades. Default none. */
  readonly upgrades?: Gate | undefined;
}

/** Answers requests. */
export class HttpRequests {
  readonly #options: RequestsOptions;

  /** Answers according to `options`, which are read at each request. */
  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  /** The answer to `request` of the client at `remote`, `host:port`; an upgrade is answered once the peer is accepted or refused. */
  answer(request: Request, remote: string): Promise<Response> {
    const { protocols, http } = this.#options;
    return protocols && isWebSocketUpgrade(request)
      ? this.#upgrade(request, { protocols, remote })
      : handle(request, { ...http, remote });
  }

  async #upgrade(
    request: Request,
    { protocols, remote }: {
      readonly protocols: readonly string[];
      readonly remote: string;
    },
  ): Promise<Response> {
    const { http, queue, tuning = {}, upgrades } = this.#options;
    const leave = upgrades?.enter(remote) ?? (() => {});
    if (typeof leave === "string") return crowded(leave);
    try {
      const { incoming, response } = await incomingWebSocket(request, {
        protocols,
        remote,
        tuning,
        clock: http.clock,
      });
      if (incoming) queue.push(incoming);
      return await response;
    } finally {
      leave();
    }
  }
}
