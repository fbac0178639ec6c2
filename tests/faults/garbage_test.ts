/** Random bytes, wherever a peer can send any. */
import { sleep, systemClock } from "@moq-deno/lite";
import { Hostile } from "./hostile.ts";
import { faultTest } from "./world.ts";

const PACKETS = 3000;
const DATAGRAMS = 200;
/** First bytes of an Initial, a 0-RTT packet, a Handshake, a Retry, and a short header. */
const FIRST_BYTES = [0xc3, 0xd3, 0xe3, 0xf3, 0x43];
const VERSIONS = [0x00000001, 0x6b3343cf, 0x00000000, 0x1a2a3a4a];

/** Random bytes that begin like a QUIC packet, of any length. */
function packet(number: number): Uint8Array {
  const length = 1 + number * 7 % 1400;
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  if (number % 4 === 0 || length < 7) return bytes;
  bytes[0] = FIRST_BYTES[number % FIRST_BYTES.length]!;
  const version = VERSIONS[number % VERSIONS.length]!;
  new DataView(bytes.buffer).setUint32(1, version);
  bytes[5] = number % 21;
  return bytes;
}

faultTest("noise and truncated headers on the UDP port", {}, async (world) => {
  const socket = Deno.listenDatagram({
    transport: "udp",
    hostname: "127.0.0.1",
    port: 0,
  });
  const relay: Deno.NetAddr = {
    transport: "udp",
    hostname: "127.0.0.1",
    port: world.port,
  };
  for (let number = 0; number < PACKETS; number++) {
    await socket.send(packet(number), relay);
    if (number % 50 === 0) await sleep(systemClock, 5);
  }
  socket.close();
});

for (const way of ["moqt", "https", "ws"] as const) {
  faultTest(
    `noise in datagrams ends at most its session (${way})`,
    {},
    async (world) => {
      for (let round = 0; round < 5; round++) {
        const peer = await Hostile.open(world, way);
        for (let number = 0; number < DATAGRAMS; number++) {
          const length = number % 60;
          const noise = crypto.getRandomValues(new Uint8Array(length));
          peer.transport.datagrams?.send(noise);
          if (number % 20 === 0) await sleep(systemClock, 1);
        }
        await peer.leave();
      }
    },
  );

  faultTest(
    `noise on streams ends at most its session (${way})`,
    {},
    async (world) => {
      for (let round = 0; round < 30; round++) {
        const peer = await Hostile.open(world, way);
        const stream = round % 2 === 0
          ? await peer.openUni()
          : (await peer.openBidi()).send;
        const noise = crypto.getRandomValues(new Uint8Array(2000));
        // A valid type, so that the rest is parsed.
        noise[0] = round % 7;
        stream.write(noise);
        stream.close();
        await peer.leave();
      }
    },
  );
}
