/**
 * A process with all viewers, one socket each. They read group streams from either
 * server in the same way; at the relay they subscribe first.
 *
 * Commands: `join`, answered when every viewer has received a frame; `begin`; `end`,
 * answered with a {@linkcode Measured}.
 *
 * @module
 */
import type { ReceiveStream, Transport } from "@moq-deno/lite/transport";
import { connect, connectQuic } from "@moq-deno/lite/deno";
import { MessageReader, withType } from "../../lite/session/streams.ts";
import { encodeSetup } from "../../lite/wire/setup.ts";
import { BidiType, UniType } from "../../lite/wire/stream_type.ts";
import { encodeSubscribe } from "../../lite/wire/subscribe.ts";
import type { Load } from "./arguments.ts";
import { commands, say, settings } from "../integration/process/inside.ts";
import {
  BROADCAST,
  DRAFT,
  FrameMeter,
  type ServerAddress,
  TRACK,
  VIEWER_ALPN,
} from "./stream_bytes.ts";

/** What arrived between `begin` and `end`. */
export interface Measured {
  /** Complete frames of all viewers. */
  readonly frames: number;
  /** Median age of a frame once complete, in milliseconds. */
  readonly p50Ms: number;
  /** 99th percentile of that age. */
  readonly p99Ms: number;
}

const READ_BYTES = 16 * 1024;
const JOIN_AT_ONCE = 10;
const { url, fingerprint, server, load } = settings<
  ServerAddress & { readonly load: Load }
>();
const serverCertificateHashes = [Uint8Array.fromHex(fingerprint)];
const protocols = [`moq-lite-${DRAFT}`];
// Deno closes sockets and streams that are garbage collected.
const held: unknown[] = [];
let ages: number[] = [];

async function join(): Promise<void> {
  const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1" });
  held.push(endpoint);
  const { transport } = await connectQuic(new URL(url), {
    serverCertificateHashes,
    alpn: server === "relay" ? protocols : [VIEWER_ALPN],
    endpoint,
  });
  void failWith(transport); // A lost viewer ends the process, and with it the measurement.
  if (server === "relay") await subscribe(transport);
  const first = Promise.withResolvers<void>();
  const arrived = (ageMs: number): void => {
    ages.push(ageMs);
    first.resolve();
  };
  void runStreams(transport, arrived); // Ends with the process.
  void refuseRequests(transport); // Ends with the process.
  await first.promise;
}

async function failWith(transport: Transport): Promise<void> {
  const { reason } = await transport.closed;
  throw new Error(`A viewer's connection ended: ${reason}`);
}

async function subscribe(transport: Transport): Promise<void> {
  const setup = await transport.openUni();
  setup.write(withType(UniType.setup, encodeSetup({ role: "subscriber" })));
  setup.close();
  const request = await transport.openBidi();
  held.push(request);
  const message = encodeSubscribe({
    id: 0,
    broadcast: BROADCAST,
    track: TRACK,
    priority: 0,
    maxAgeMs: 0,
    startFrame: 0,
  }, DRAFT);
  request.send.write(withType(BidiType.subscribe, message));
}

async function runStreams(
  transport: Transport,
  arrived: (ageMs: number) => void,
): Promise<void> {
  for await (const stream of transport.incomingUni) {
    void read(stream, arrived); // A failed stream ends the process too.
  }
}

/** A viewer publishes nothing. It still has to end requests: without an answer the relay would close it. */
async function refuseRequests(transport: Transport): Promise<void> {
  for await (const { send, receive } of transport.incomingBidi) {
    send.close();
    receive.stop(0);
  }
}

async function read(
  stream: ReceiveStream,
  arrived: (ageMs: number) => void,
): Promise<void> {
  const reader = new MessageReader(stream, {
    version: DRAFT,
    scratchBytes: READ_BYTES,
  });
  if (await reader.varint() !== UniType.group) return await reader.drain();
  await reader.expectMessage();
  const meter = new FrameMeter(arrived);
  for (let chunk; (chunk = await reader.chunk());) meter.push(chunk);
}

/** Resolves when the relay knows the broadcast. */
async function announced(): Promise<void> {
  await using session = await connect(url, {
    serverCertificateHashes,
    protocols,
  });
  for await (const { kind } of session.announced(BROADCAST)) {
    if (kind === "start") return;
  }
}

async function joinAll(): Promise<void> {
  if (server === "relay") await announced();
  for (let left = load.viewers; left > 0; left -= JOIN_AT_ONCE) {
    const batch = Array.from({ length: Math.min(left, JOIN_AT_ONCE) }, join);
    await Promise.all(batch);
  }
}

function measured(): Measured {
  const sorted = Float64Array.from(ages).sort();
  const at = (share: number): number =>
    sorted[Math.floor(share * (sorted.length - 1))] ?? NaN;
  return { frames: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99) };
}

for await (const command of commands()) {
  if (command === "join") {
    await joinAll();
    say("joined");
  } else if (command === "begin") {
    ages = [];
    say("begun");
  } else if (command === "end") {
    say(measured());
  }
}
Deno.exit(0);
