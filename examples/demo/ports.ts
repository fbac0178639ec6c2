/**
 * A port, or the next one that is free.
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

/** A relay on `port` of this machine, or on the next one that is free. */
export async function relayFrom(port: number): Promise<RunningRelay> {
  for (let at = port;; at++) {
    try {
      return await startRelay([
        ...["--listen", `127.0.0.1:${at}`],
        // A viewer that has gone is noticed soon.
        ...["--quic-idle-timeout", "5s", "--quic-keep-alive", "2s"],
      ]);
    } catch (error) {
      if (!isPortInUse(error) || at === port + PORTS_TO_TRY) throw error;
      print(`port ${at} is in use, trying ${at + 1}\n`);
    }
  }
}

/** The demo's page on `port` of this machine, or on the next one that is free. */
export function pageFrom(
  port: number,
  facts: Parameters<typeof answerPage>[1],
): Deno.HttpServer<Deno.NetAddr> {
  for (let at = port;; at++) {
    try {
      return Deno.serve(
        { hostname: "127.0.0.1", port: at, onListen() {} },
        (request) => answerPage(request, facts),
      );
    } catch (error) {
      const isInUse = error instanceof Deno.errors.AddrInUse;
      if (!isInUse || at === port + PORTS_TO_TRY) throw error;
      print(`port ${at} is in use, trying ${at + 1}\n`);
    }
  }
}
