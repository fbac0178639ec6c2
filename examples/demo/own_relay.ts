/**
 * Connections of the demo to its own relay.
 *
 * @module
 */
import { Connection } from "@moq-deno/lite";
import { connect } from "@moq-deno/lite/deno";
import type { RunningRelay } from "@moq-deno/relay/server";

const INITIAL_DELAY_MS = 250;
const MAX_DELAY_MS = 1000;

/** A connection that is made again whenever it is lost; dispose of it to close it. */
export interface OwnConnection extends AsyncDisposable {
  readonly connection: Connection;
}

/** URL of the relay over raw QUIC. */
export function urlOf({ addresses: [address] }: RunningRelay): string {
  return `moqt://${address?.hostname}:${address?.port}/`;
}

/** Connects to `relay` for as long as the demo runs. */
export function connectTo(
  relay: RunningRelay,
  role: "publisher" | "subscriber",
): OwnConnection {
  const connection = new Connection({
    dial: (options) =>
      connect(urlOf(relay), {
        ...options,
        role,
        // Read for each session: the relay replaces its certificate after ten days.
        serverCertificateHashes: [Uint8Array.fromHex(relay.fingerprint)],
      }),
  }, {
    initialDelayMs: INITIAL_DELAY_MS,
    maxDelayMs: MAX_DELAY_MS,
    retriesRefusals: true,
  });
  return {
    connection,
    async [Symbol.asyncDispose](): Promise<void> {
      connection.close();
      await connection.closed;
    },
  };
}
