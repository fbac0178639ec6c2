/**
 * A port of this machine, or the next one that is free, on the addresses of
 * both families: `localhost` may be either.
 *
 * @module
 */
import {
  isPortInUse,
  type RunningRelay,
  serveRelay,
} from "@moq-deno/relay/server";
import { print } from "./terminal.ts";
import { answerPage, type DemoFacts } from "./web_server.ts";

const PORTS_TO_TRY = 20;

/** A server on one port of one or more addresses. */
export interface PageServer {
  /** Where it is found at each of its addresses. */
  readonly addr: { readonly port: number };
  /** Ends it after the requests that are under way. */
  shutdown(): Promise<void>;
}

/** Options of {@linkcode serveFrom}. */
export interface ServeOptions {
  readonly hostnames: readonly string[];
  /** Makes it HTTPS: certificate and key in PEM. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  readonly handler: Deno.ServeHandler<Deno.NetAddr>;
}

/** The network that the relay is open to. */
export interface OpenTo {
  /** Address and port of QUIC; the same in TCP is another server's. */
  readonly address: string;
  readonly port: number;
  /** Origins of the only pages that may use the relay. */
  readonly origins: readonly string[];
}

/** A relay on `port` of this machine, or on the next one that is free. */
export async function relayFrom(
  port: number,
  network?: OpenTo,
): Promise<RunningRelay> {
  for (let at = port;; at++) {
    try {
      return await serveRelay({
        listen: [...loopback(), ...network ? [network.address] : []].map(
          (host) =>
            `${bracketed(host)}:${
              host === network?.address ? network.port : at
            }`,
        ),
        settings: {
          // A viewer that has gone is noticed soon.
          "quic.idle_timeout": "5s",
          "quic.keep_alive": "2s",
          ...network && {
            "listen.tls.generate": [network.address, ...LOCAL_NAMES],
            "auth.public": ["**"],
            "auth.origin": network.origins,
            "web.http.listen": `127.0.0.1:${at}`,
          },
        },
      });
    } catch (error) {
      if (!mayTryNext(error, { at, port })) throw error;
      print(`port ${at} is in use, trying ${at + 1}\n`);
    }
  }
}

/** The demo's pages on `port` of this machine, or on the next one that is free. */
export function pageFrom(port: number, facts: DemoFacts): PageServer {
  return serveFrom(port, {
    hostnames: loopback(),
    handler: (request) => answerPage(request, facts),
  });
}

/** Serves on `port`, or on the next one that is free at all of the addresses. */
export function serveFrom(port: number, options: ServeOptions): PageServer {
  for (let at = port;; at++) {
    try {
      return serveEach(at, options);
    } catch (error) {
      if (!mayTryNext(error, { at, port })) throw error;
      print(`port ${at} is in use, trying ${at + 1}\n`);
    }
  }
}

/** This machine's own addresses. */
export function loopback(): readonly string[] {
  return hasIpv6() ? ["127.0.0.1", "::1"] : ["127.0.0.1"];
}

/** `host` as in a URL. */
export function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

const LOCAL_NAMES = ["localhost", "127.0.0.1", "::1"];

function mayTryNext(
  error: unknown,
  { at, port }: { readonly at: number; readonly port: number },
): boolean {
  return isPortInUse(error) && at < port + PORTS_TO_TRY;
}

/** Serves at all of the addresses, or at none. */
function serveEach(
  port: number,
  { hostnames, tls, handler }: ServeOptions,
): PageServer {
  const servers: Deno.HttpServer<Deno.NetAddr>[] = [];
  const shutdown = async () => {
    await Promise.all(servers.map((server) => server.shutdown()));
  };
  try {
    for (const hostname of hostnames) {
      const options = { hostname, port, onListen() {}, ...tls };
      servers.push(Deno.serve(options, handler));
    }
  } catch (error) {
    void shutdown(); // Nobody has connected yet.
    throw error;
  }
  return { addr: { port }, shutdown };
}

function hasIpv6(): boolean {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    return false; // What stands against this port stands against every other.
  }
}
