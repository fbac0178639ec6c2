/**
 * The whole relay with ports and certificates, for programs that start one or
 * put one into a server that they already have.
 *
 * ```ts
 * import { PublicAuth } from "@moq-deno/relay";
 * import { serveRelay } from "@moq-deno/relay/server";
 *
 * const relay = await serveRelay({
 *   listen: "127.0.0.1:0",
 *   authorizer: new PublicAuth({ publish: ["demo/**"], subscribe: ["**"] }),
 * });
 * await relay.close();
 * ```
 *
 * @module
 */
import {
  type Clock,
  type Logger,
  type Origin,
  type Session,
  systemClock,
} from "@moq-deno/lite";
import { SILENT } from "@moq-deno/lite/internal";
import type { Authorizer } from "./auth/auth.ts";
import { resolveConfig } from "./config/settings.ts";
import { loadConfig } from "./config/load.ts";
import {
  checkConfig,
  checkWithoutAccess,
  formatAddress,
} from "./config/rules.ts";
import { readCommandLine, readSettings } from "./config/sources.ts";
import type { Address } from "./config/values.ts";
import { type Server, startServer } from "./server.ts";

export type { Authorizer };
export { ConfigError } from "./config/values.ts";
export type { Address } from "./config/values.ts";
export { isPortInUse } from "./listen/cannot_listen.ts";

/** A running relay. */
export interface RunningRelay {
  /** Addresses of QUIC and WebTransport. */
  readonly addresses: readonly Address[];
  /** Addresses of HTTP and WebSocket. */
  readonly httpAddresses: readonly Address[];
  /** SHA-256 of the certificate in use, in hexadecimal. */
  readonly fingerprint: string;
  /** All broadcasts, by path. */
  readonly origin: Origin;
  /** The current sessions. */
  readonly sessions: ReadonlySet<Session>;
  /** Answers a request that the program's own server received: HTTP of the relay, or a WebSocket, which becomes a session. For `Deno.serve`. */
  handler(request: Request, info: RequestInfo): Promise<Response>;
  /** Ends every session and closes every port; never rejects. */
  close(): Promise<void>;
}

/** What a server knows about a request. */
export interface RequestInfo {
  /** The client's address. */
  readonly remoteAddr: Deno.Addr;
}

/** Options of {@linkcode startRelay}. */
export interface StartRelayOptions {
  /** Where log messages go. Default: none are written. */
  readonly log?: Logger | undefined;
  /** Clock for timers. Default the system's. */
  readonly clock?: Clock | undefined;
}

/** A value of a setting, as in the configuration file. */
export type SettingValue = string | number | boolean | readonly string[];

/** Options of {@linkcode serveRelay}. */
export interface ServeRelayOptions extends StartRelayOptions {
  /** `host:port`, or several: QUIC in UDP, HTTP and WebSocket in TCP. `[]` for none, where {@linkcode RunningRelay.handler} is used. Default loopback, port 4443. */
  readonly listen?: string | readonly string[] | undefined;
  /** Decides who may do what. Default: the rules of the settings, or without rules everything for this machine only. */
  readonly authorizer?: Authorizer | undefined;
  /** Other settings by key, with values as in the configuration file: `{ "cache.capacity": "64MiB" }`. */
  readonly settings?: Readonly<Record<string, SettingValue>> | undefined;
}

/** Starts a relay; throws `ConfigError` when an option is invalid, or a port or file is not available. */
export async function serveRelay(
  options: ServeRelayOptions = {},
): Promise<RunningRelay> {
  const { listen, authorizer, settings } = options;
  const { log = SILENT, clock = systemClock } = options;
  const config = resolveConfig([
    readSettings({
      ...settings,
      ...(listen !== undefined && { "listen.bind": [listen].flat() }),
    }, "the options"),
  ]);
  if (authorizer) checkWithoutAccess(config);
  else checkConfig(config);
  const opensLoopback = listen === undefined;
  const parts = { authorizer, opensLoopback, log, clock };
  return running(await startServer(config, parts));
}

/** Starts a relay with the flags of `moq-relay`; throws `ConfigError` like {@linkcode serveRelay}. */
export async function startRelay(
  flags: readonly string[],
  { log = SILENT, clock = systemClock }: StartRelayOptions = {},
): Promise<RunningRelay> {
  const commandLine = readCommandLine(flags);
  const config = loadConfig({ commandLine, environment: {} });
  return running(await startServer(config, { log, clock }));
}

function running(server: Server): RunningRelay {
  return {
    get addresses() {
      return server.addresses;
    },
    get httpAddresses() {
      return server.httpAddresses;
    },
    get fingerprint() {
      return server.fingerprint;
    },
    get origin() {
      return server.origin;
    },
    get sessions() {
      return server.sessions;
    },
    handler: (request, { remoteAddr }) =>
      server.answer(request, remoteOf(remoteAddr)),
    close: () => server.close(),
  };
}

function remoteOf(addr: Deno.Addr): string {
  // All clients of a Unix socket count as one.
  return "hostname" in addr ? formatAddress(addr) : "unix:0";
}
