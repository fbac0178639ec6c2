/**
 * The transport contract over real WebSockets on loopback, and what is
 * special about them.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type TransportPair,
  transportSuite,
} from "../../tests/compliance/transport.ts";
import type { QmuxTuning } from "./qmux.ts";
import type { Transport } from "./transport.ts";
import { connectWebSocket, webSocketTransport } from "./websocket.ts";
import { selectWebSocketProtocol } from "./websocket_protocol.ts";

const ALPNS = ["moq-lite-06", "moq-lite-05"];

/** A server on loopback that gives the transport of its first client. */
function listen(only: string | undefined, tuning: QmuxTuning = {}) {
  const accepted = Promise.withResolvers<Transport>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      const offered = request.headers.get("sec-websocket-protocol") ?? "";
      const names = offered.split(",").map((name) => name.trim());
      const protocol = selectWebSocketProtocol(
        names.filter((name) => only === undefined || name === only),
        ALPNS,
      );
      const { socket, response } = Deno.upgradeWebSocket(
        request,
        protocol === undefined ? {} : { protocol },
      );
      const role = "server";
      accepted.resolve(
        webSocketTransport(socket, {
          ...tuning,
          role,
          protocol: protocol ?? "",
        }),
      );
      return response;
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/anon?jwt=x#y`,
    accepted: accepted.promise,
    shutdown: () => server.shutdown(),
  };
}

async function pair(
  only: string | undefined,
  tuning: QmuxTuning = {},
): Promise<TransportPair> {
  const { url, accepted, shutdown } = listen(only, tuning);
  const client = await connectWebSocket(url, { protocols: ALPNS });
  const server = await accepted;
  for (const end of [client, server]) {
    while (end.datagrams?.maxBytes === 0) await turn();
  }
  const dispose = async (): Promise<void> => {
    client.close(0, "");
    server.close(0, "");
    await shutdown();
  };
  return { client, server, dispose };
}

// A turn of the event loop, so that the network gets to run.
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

const uniLimit = 256;
for (const wire of ["qmux-02", "qmux-01", "qmux-00"]) {
  transportSuite(
    `webSocketTransport ${wire}`,
    () =>
      pair(`${wire}.moq-lite-05`, { parameters: { maxStreamsUni: uniLimit } }),
    { uniLimit },
  );
}
