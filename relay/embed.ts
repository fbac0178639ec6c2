/**
 * The whole relay, ports and certificates included, for a program that starts
 * one.
 *
 * @module
 */
import {
  type Clock,
  type Logger,
  type Origin,
  type Session,
  SILENT,
  systemClock,
} from "@moq-deno/lite";
import { loadConfig } from "./config_load.ts";
import { readCommandLine } from "./config_sources.ts";
import type { Address } from "./config_values.ts";
import { startServer } from "./server.ts";

export { ConfigError } from "./config_values.ts";
export type { Address } from "./config_values.ts";
export { isPortInUse } from "./listen/cannot_listen.ts";

/** A relay that runs. */
export interface RunningRelay {
  /** Where QUIC and WebTransport are listened for. */
  readonly addresses: readonly Address[];
  /** Where HTTP and WebSocket are listened for. */
  readonly httpAddresses: readonly Address[];
  /** SHA-256 of the certificate in use, in hexadecimal. */
  readonly fingerprint: string;
  /** The broadcasts, by path. */
  readonly origin: Origin;
  /** The sessions there are now. */
  readonly sessions: ReadonlySet<Session>;
  /** Ends every session and every port; never rejects. */
  close(): Promise<void>;
}

/** Options of {@linkcode startRelay}. */
export interface StartRelayOptions {
  /** Where messages go. Default nowhere. */
  readonly log?: Logger | undefined;
  /** Time. */
  readonly clock?: Clock | undefined;
}

/** Starts a relay with the flags that `moq-relay` takes; throws `ConfigError` when something is wrong with them or cannot be had. */
export async function startRelay(
  flags: readonly string[],
  { log = SILENT, clock = systemClock }: StartRelayOptions = {},
): Promise<RunningRelay> {
  const commandLine = readCommandLine(flags);
  const config = loadConfig({ commandLine, environment: {} });
  return await startServer(config, { log, clock });
}
