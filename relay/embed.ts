/**
 * The whole relay, ports and certificates included, for a program that starts
 * one or puts one into a server that it already has.
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
  /** Answers a request that a server of the program's own got: HTTP of the relay, or a WebSocket, which becomes a session. For `Deno.serve`. */
  handler(request: Request, info: RequestInfo): Promise<Response>;
  /** Ends every session and every port; never rejects. */
  close(): Promise<void>;
}

/** What a server says of a request. */
export interface RequestInfo {
  /** Where it came from. */
  readonly remoteAddr: Deno.Addr;
}

/** Options of {@linkcode startRelay}. */
export interface StartRelayOptions {
  /** Where messages go. Default nowhere. */
  readonly log?: Logger | undefined;
  /** Time. */
  readonly clock?: Clock | undefined;
}

/** A value of a setting, as in the configuration file. */
export type SettingValue = string | number | boolean | readonly string[];

/** Options of {@linkcode serveRelay}. */
export interface ServeRelayOptions extends StartRelayOptions {
  /** `host:port`, or several: QUIC in UDP, HTTP and WebSocket in TCP. `[]` for none, where {@linkcode RunningRelay.handler} is used. Default loopback, port 4443. */
  readonly listen?: string | readonly string[] | undefined;
  /** Decides who may do what. Default as the settings say, or everything for this machine alone. */
  readonly authorizer?: Authorizer | undefined;
  /** Other settings by their keys, with the values that the configuration file takes: `{ "cache.capacity": "64MiB" }`. */
  readonly settings?: Readonly<Record<string, SettingValue>> | undefined;
}

/** Starts a relay; throws `ConfigError` when something is wrong with its options or cannot be had. */
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

/** Starts a relay with the flags that `moq-relay` takes, as the tool does; throws `ConfigError` as {@linkcode serveRelay}. */
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
  // Behind a socket of the file system all clients are one.
  return "hostname" in addr ? formatAddress(addr) : "unix:0";
}
