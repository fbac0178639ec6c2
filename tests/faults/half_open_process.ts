/**
 * Clients that begin QUIC handshakes and never go on: real ones, whose packets
 * reach the relay through sockets that keep what comes back to themselves. They
 * repeat themselves as clients do.
 *
 * Says how many handshakes have begun, once all have.
 *
 * @module
 */
import { sleep, systemClock } from "@moq-deno/lite";
import { dialQuic } from "../../lite/deno/connect.ts";
import { commands, say, settings } from "../integration/process/inside.ts";

/** Whom to bother, and how much. */
export interface HalfOpenSettings {
  readonly port: number;
  readonly count: number;
}

const SOURCES = 20;
const AT_ONCE = 10;

const { port, count } = settings<HalfOpenSettings>();

function socket(): Deno.DatagramConn {
  return Deno.listenDatagram({
    transport: "udp",
    hostname: "127.0.0.1",
    port: 0,
  });
}

const relay: Deno.NetAddr = { transport: "udp", hostname: "127.0.0.1", port };
const sources = Array.from({ length: SOURCES }, socket);
const mouth = socket();
let begun = 0;

/** Each client comes from a port of its own, and keeps one source. */
async function runForward(): Promise<void> {
  for await (const [packet, from] of mouth) {
    const source = (from as Deno.NetAddr).port % SOURCES;
    await sources[source]!.send(packet, relay);
  }
}

void runForward(); // Ends with the process.
const { port: mouthPort } = mouth.addr as Deno.NetAddr;
for (; begun < count; begun++) {
  const dialling = dialQuic(new URL(`moqt://127.0.0.1:${mouthPort}`), {
    alpn: ["h3", "moq-lite-06"],
    serverCertificateHashes: [],
  });
  dialling.catch(() => {
    // What never comes about fails in the end.
  });
  if (begun % AT_ONCE === 0) await sleep(systemClock, 2);
}
// The last packets have to get through the sockets.
await sleep(systemClock, 200);
say(begun);
for await (const _ of commands()) {
  /* It takes none, and ends with its input. */
}
Deno.exit(0);
