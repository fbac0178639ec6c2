/**
 * What arrives over HTTP, on whichever port: WebSocket upgrades become peers of
 * the relay, everything else gets its answer.
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
  /** Where the peers that come over WebSocket go. */
  readonly queue: Inbox<IncomingPeer>;
  /** WebSocket subprotocols, the names of the drafts; absent: no WebSocket. */
  readonly protocols?: readonly string[] | undefined;
  /** What a peer over WebSocket may do. Default what `qmuxTransport` lets it. */
  readonly tuning?: QmuxTuning | undefined;
  /** What HTTP answers. */
  readonly http: HttpOptions;
  /** Bounds the upgrades to WebSocket that wait for their answer at once. Default nothing does. */
  readonly upgrades?: Gate | undefined;
}

/** Answers requests. */
export class HttpRequests {
  readonly #options: RequestsOptions;

  /** Answers with what `options` say when a request comes. */
  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  /** The answer to `request` of the client at `remote`, `host:port`; that of an upgrade waits until the peer is let in. */
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
