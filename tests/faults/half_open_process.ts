/**
 * Clients that start QUIC handshakes and never finish them. They are real clients,
 * whose packets reach the relay through sockets that drop the answers; like all
 * clients, they repeat their packets.
 *
 * Prints how many handshakes have started, once all have.
 *
 * @module
 */
import { sleep, systemClock } from "@moq-deno/lite";
import { dialQuic } from "../../lite/deno/connect.ts";
import { commands, say, settings } from "../integration/process/inside.ts";

/** The target, and how many handshakes. */
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

/** Each client comes from its own port, and keeps one source. */
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
    // A handshake that never completes fails in the end.
  });
  if (begun % AT_ONCE === 0) await sleep(systemClock, 2);
}
// The last packets have to get through the sockets.
await sleep(systemClock, 200);
say(begun);
for await (const _ of commands()) {
  /* There are no commands; the process ends with its input. */
}
Deno.exit(0);
