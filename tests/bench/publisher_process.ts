/**
 * A process with the publisher: groups of frames at a steady rate, over moq-lite to
 * the relay, over plain streams to the bare fan-out.
 *
 * Commands: `start` and `stop`.
 *
 * @module
 */
import { BroadcastProducer, sleep, systemClock } from "@moq-deno/lite";
import type { Transport } from "@moq-deno/lite/transport";
import { connect, connectQuic } from "@moq-deno/lite/deno";
import { encodeFrameHeader } from "../../lite/model/frame.ts";
import { withType } from "../../lite/session/streams.ts";
import { encodeGroupHeader } from "../../lite/wire/group.ts";
import { UniType } from "../../lite/wire/stream_type.ts";
import type { Load } from "./arguments.ts";
import { commands, say, settings } from "../integration/process/inside.ts";
import {
  BROADCAST,
  DRAFT,
  nowMicros,
  PUBLISHER_ALPN,
  type ServerAddress,
  TRACK,
} from "./stream_bytes.ts";

/** Where groups of frames go, for either server. */
interface Output {
  /** Ends the current group and starts the next. */
  group(): Promise<void>;
  /** Adds a frame to the group. */
  frame(timestamp: number): void;
}

const { url, fingerprint, server, load } = settings<
  ServerAddress & { readonly load: Load }
>();
const serverCertificateHashes = [Uint8Array.fromHex(fingerprint)];
const payload = crypto.getRandomValues(new Uint8Array(load.bytes));

async function toRelay(): Promise<Output> {
  const session = await connect(url, {
    serverCertificateHashes,
    protocols: [`moq-lite-${DRAFT}`],
    role: "publisher",
  });
  const broadcast = new BroadcastProducer();
  const track = broadcast.createTrack(TRACK, { timescale: 1_000_000 });
  session.publish(BROADCAST, broadcast);
  let group = track.group();
  return {
    group() {
      group.close();
      group = track.group();
      return Promise.resolve();
    },
    frame: (timestamp) => group.writeFrame({ timestamp, payload }),
  };
}

async function toBare(): Promise<Output> {
  const { transport } = await connectQuic(new URL(url), {
    serverCertificateHashes,
    alpn: [PUBLISHER_ALPN],
  });
  let sequence = 0;
  let previous = 0;
  let stream = await open(transport, sequence);
  return {
    async group() {
      stream.close();
      stream = await open(transport, ++sequence);
      previous = 0;
    },
    frame(timestamp) {
      stream.write(frameBytes(timestamp, previous));
      previous = timestamp;
    },
  };
}

async function open(
  transport: Transport,
  sequence: number,
): Promise<Awaited<ReturnType<Transport["openUni"]>>> {
  const stream = await transport.openUni();
  const header = { subscribeId: 0, sequence, frameStart: 0 };
  stream.write(withType(UniType.group, encodeGroupHeader(header, DRAFT)));
  return stream;
}

function frameBytes(timestamp: number, previous: number): Uint8Array {
  const header = encodeFrameHeader(timestamp, previous, payload.byteLength);
  const frame = new Uint8Array(header.byteLength + payload.byteLength);
  frame.set(header);
  frame.set(payload, header.byteLength);
  return frame;
}

async function runFrames(output: Output, signal: AbortSignal): Promise<void> {
  const start = performance.now();
  for (let count = 0; !signal.aborted; count++) {
    if (count % load.groupFrames === 0) await output.group();
    output.frame(nowMicros());
    const due = start + (count + 1) * 1000 / load.fps;
    await sleep(systemClock, Math.max(0, due - performance.now()));
  }
}

const output = server === "relay" ? await toRelay() : await toBare();
let stop = new AbortController();
say("ready");
for await (const command of commands()) {
  if (command === "start") {
    stop = new AbortController();
    void runFrames(output, stop.signal); // An error in it ends the process.
  } else if (command === "stop") {
    stop.abort();
  }
  say("done");
}
Deno.exit(0);
