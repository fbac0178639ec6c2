/**
 * Both ends of the measurement of the link: one echoes and counts UDP packets, the
 * other measures what happens to its packets.
 *
 * @module
 */
import { sleep, systemClock } from "@moq-deno/lite";
import { commands, say, settings } from "../../integration/process/inside.ts";

interface Settings {
  readonly role: "echo" | "measure";
  readonly address: string;
  readonly port: number;
  readonly rateBps?: number;
}

/** What the echo has counted. */
interface Counted {
  readonly packets: number;
  readonly bytes: number;
  readonly ms: number;
}

const ECHO = 1;
const COUNT = 2;
const RESET = 3;
const ASK = 4;
const HEADER_BYTES = 28;
const PINGS = 15;
const LOSS_PACKETS = 3000;
const RATE_PACKET_BYTES = 1200;
const RATE_MS = 1500;
// Answers can be lost too.
const ATTEMPTS = 50;
const PATIENCE_MS = 1000;

const { role, address, port, rateBps } = settings<Settings>();

async function echo(): Promise<void> {
  const socket = Deno.listenDatagram({
    transport: "udp",
    hostname: address,
    port,
  });
  say("ready");
  let packets = 0;
  let bytes = 0;
  let first = 0;
  let last = 0;
  for await (const [packet, from] of socket) {
    if (packet[0] === COUNT) {
      last = performance.now();
      if (packets++ === 0) first = last;
      else bytes += packet.byteLength + HEADER_BYTES;
    } else if (packet[0] === ASK) {
      const counted: Counted = { packets, bytes, ms: last - first };
      await socket.send(
        new TextEncoder().encode(JSON.stringify(counted)),
        from,
      );
    } else {
      if (packet[0] === RESET) packets = bytes = 0;
      await socket.send(packet, from);
    }
  }
}

class Meter {
  readonly #socket = Deno.listenDatagram({
    transport: "udp",
    hostname: "0.0.0.0",
    port: 0,
  });
  readonly #to: Deno.NetAddr = { transport: "udp", hostname: address, port };
  #answer = Promise.withResolvers<Uint8Array>();

  async run(): Promise<void> {
    for await (const [packet] of this.#socket) this.#answer.resolve(packet);
  }

  send(packet: Uint8Array): Promise<number> {
    return this.#socket.send(packet, this.#to);
  }

  /** Sends until an answer arrives. */
  async ask(type: number): Promise<Uint8Array> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      this.#answer = Promise.withResolvers();
      await this.send(Uint8Array.of(type, attempt));
      const late = sleep(systemClock, PATIENCE_MS).then(() => undefined);
      const answer = await Promise.race([this.#answer.promise, late]);
      if (answer) return answer;
    }
    throw new Error("No answer across the link");
  }

  async counted(): Promise<Counted> {
    return JSON.parse(new TextDecoder().decode(await this.ask(ASK)));
  }

  async rttMs(): Promise<number> {
    const times: number[] = [];
    while (times.length < PINGS) {
      const start = performance.now();
      await this.ask(ECHO);
      times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b)[PINGS >> 1]!;
  }

  /** Sends small packets, far below the rate. */
  async loss(): Promise<number> {
    await this.ask(RESET);
    for (let sent = 0; sent < LOSS_PACKETS; sent++) {
      await this.send(Uint8Array.of(COUNT));
      if (sent % 4 === 0) await sleep(systemClock, 2);
    }
    await sleep(systemClock, PATIENCE_MS);
    const { packets } = await this.counted();
    return 1 - packets / LOSS_PACKETS;
  }

  /** Sends large packets, at twice the rate. */
  async rateBps(expectedBps: number): Promise<number> {
    await this.ask(RESET);
    const packet = new Uint8Array(RATE_PACKET_BYTES);
    packet[0] = COUNT;
    const start = performance.now();
    for (let sent = 0;; sent++) {
      const dueMs = sent * RATE_PACKET_BYTES * 8000 / (2 * expectedBps);
      if (dueMs > RATE_MS) break;
      await this.send(packet);
      const aheadMs = dueMs - (performance.now() - start);
      if (aheadMs > 1) await sleep(systemClock, aheadMs);
    }
    await sleep(systemClock, PATIENCE_MS);
    const { bytes, ms } = await this.counted();
    return bytes * 8000 / ms;
  }
}

async function measure(): Promise<void> {
  const meter = new Meter();
  void meter.run(); // Ends with the process.
  const rttMs = await meter.rttMs();
  const loss = await meter.loss();
  const carried = rateBps === undefined ? 0 : await meter.rateBps(rateBps);
  say({ rttMs, loss, rateBps: carried });
}

void (role === "echo" ? echo() : measure()); // An error in it ends the process.
for await (const _ of commands()) {
  /* There are no commands; the process ends with its input. */
}
Deno.exit(0);
