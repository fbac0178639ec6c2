/**
 * A port of this machine, or the next one that is free, on the addresses of
 * both families: `localhost` may be either.
 *
 * @module
 */
import {
  isPortInUse,
  type RunningRelay,
  startRelay,
} from "@moq-deno/relay/server";
import { print } from "./terminal.ts";
import { answerPage } from "./web_server.ts";

const PORTS_TO_TRY = 20;

/** The pages' server, on every loopback address. */
export interface PageServer {
  /** Where it is found under the names of this machine. */
  readonly addr: { readonly port: number };
  /** Ends it after the requests that are under way. */
  shutdown(): Promise<void>;
}

/** A relay on `port` of this machine, or on the next one that is free. */
export async function relayFrom(port: number): Promise<RunningRelay> {
  return await firstFree(port, (at) =>
    startRelay([
      ...loopback().flatMap((host) => ["--listen", `${bracketed(host)}:${at}`]),
      // A viewer that has gone is noticed soon.
      ...["--quic-idle-timeout", "5s", "--quic-keep-alive", "2s"],
    ]));
}

/** The demo's pages on `port` of this machine, or on the next one that is free. */
export function pageFrom(
  port: number,
  facts: Parameters<typeof answerPage>[1],
): PageServer {
  for (let at = port;; at++) {
    try {
      return serveEach(at, facts);
    } catch (error) {
      if (!mayTryNext(error, { at, port })) throw error;
      print(`port ${at} is in use, trying ${at + 1}\n`);
    }
  }
}

async function firstFree<T>(
  port: number,
  start: (port: number) => Promise<T>,
): Promise<T> {
  for (let at = port;; at++) {
    try {
      return await start(at);
    } catch (error) {
      if (!mayTryNext(error, { at, port })) throw error;
      print(`port ${at} is in use, trying ${at + 1}\n`);
    }
  }
}

function mayTryNext(
  error: unknown,
  { at, port }: { readonly at: number; readonly port: number },
): boolean {
  return isPortInUse(error) && at < port + PORTS_TO_TRY;
}

/** Serves on all loopback addresses, or on none. */
function serveEach(
  port: number,
  facts: Parameters<typeof answerPage>[1],
): PageServer {
  const servers: Deno.HttpServer<Deno.NetAddr>[] = [];
  const shutdown = async () => {
    await Promise.all(servers.map((server) => server.shutdown()));
  };
  try {
    for (const hostname of loopback()) {
      servers.push(Deno.serve(
        { hostname, port, onListen() {} },
        (request) => answerPage(request, facts),
      ));
    }
  } catch (error) {
    void shutdown(); // Nobody has connected yet.
    throw error;
  }
  return { addr: { port }, shutdown };
}

function loopback(): readonly string[] {
  return hasIpv6() ? ["127.0.0.1", "::1"] : ["127.0.0.1"];
}

function hasIpv6(): boolean {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    return false; // What stands against this port stands against every other.
  }
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
