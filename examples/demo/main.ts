/**
 * The main job in one command: a relay, a publisher that sends a real clip in
 * real time, and a subscriber that receives it through the relay.
 *
 * @module
 */
import { BroadcastProducer } from "@moq-deno/lite";
import { connect } from "@moq-deno/lite/deno";
import {
  openMedia,
  publishMedia,
  type SubscribedMedia,
  subscribeMedia,
  writeMedia,
} from "@moq-deno/hang/media";
import {
  ConfigError,
  isPortInUse,
  type RunningRelay,
  startRelay,
} from "@moq-deno/relay/server";
import { openFileSource } from "../../hang/cli/file_source.ts";
import { type DemoArguments, HELP, readArguments } from "./arguments.ts";
import { Meter, type Reading } from "./meter.ts";

const CLIP = new URL("clip.mp4", import.meta.url);
const NAME = "demo";
const PORTS_TO_TRY = 20;
const encoder = new TextEncoder();

function print(text: string): void {
  Deno.stdout.writeSync(encoder.encode(text));
}

/** A relay on `port`, or on the next one that is free. */
async function relayFrom(port: number): Promise<RunningRelay> {
  for (let at = port;; at++) {
    try {
      return await startRelay(["--listen", `127.0.0.1:${at}`]);
    } catch (error) {
      if (!isPortInUse(error) || at === port + PORTS_TO_TRY) throw error;
      print(`port ${at} is in use, trying ${at + 1}\n`);
    }
  }
}

function progress(
  { groups, frames, bitrateBps, p50Ms, p99Ms }: Reading,
): string {
  return `groups ${groups}  frames ${frames}  ${
    (bitrateBps / 1000).toFixed(0)
  } kbit/s  latency p50 ${p50Ms.toFixed(1)} ms  p99 ${p99Ms.toFixed(1)} ms`;
}

/** Shows a line each second until `signal` aborts: one that is overwritten on a terminal, new ones elsewhere. */
function showProgress(meter: Meter, signal: AbortSignal): void {
  const [before, after] = Deno.stdout.isTerminal()
    ? ["\r\x1b[K", ""]
    : ["", "\n"];
  const timer = setInterval(() => {
    print(before + progress(meter.read()) + after);
  }, 1000);
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    print(`${before}done: ${progress(meter.read())}\n`);
  }, { once: true });
}

/** Aborts at Ctrl-C, SIGTERM, or after the time given. */
function endOf(seconds: number | undefined): AbortController {
  const end = new AbortController();
  const stop = () => end.abort();
  Deno.addSignalListener("SIGINT", stop);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", stop);
  const timer = seconds === undefined
    ? undefined
    : setTimeout(stop, seconds * 1000);
  end.signal.addEventListener("abort", () => {
    clearTimeout(timer);
    Deno.removeSignalListener("SIGINT", stop);
    if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGTERM", stop);
  }, { once: true });
  return end;
}

async function writeTo(path: string, media: SubscribedMedia): Promise<string> {
  const file = await Deno.open(path, {
    create: true,
    truncate: true,
    write: true,
  });
  const written = await writeMedia(media, file.writable);
  return `${path}: ${written.videoFrames} pictures and ${written.audioFrames} pieces of sound, ${
    (written.durationUs / 1e6).toFixed(1)
  } s\n`;
}

async function run({ file, seconds, out, port }: DemoArguments): Promise<void> {
  using source = await openFileSource(file ?? CLIP);
  const media = await openMedia(source);
  const relay = await relayFrom(port);
  const end = endOf(seconds);
  try {
    const [address] = relay.addresses;
    const url = `moqt://${address?.hostname}:${address?.port}/`;
    const trust = {
      certificateHashes: [Uint8Array.fromHex(relay.fingerprint)],
    };
    print(`relay      ${url}  (certificate ${relay.fingerprint})\n`);
    print(
      `publishing ${
        file ?? "the demo's clip"
      } (${media.format}) as "${NAME}"\n`,
    );

    await using publisher = await connect(url, { ...trust, role: "publisher" });
    const broadcast = new BroadcastProducer();
    publisher.publish(NAME, broadcast);
    const publication = publishMedia(broadcast, media, {
      loop: true,
      signal: end.signal,
    });

    await using viewer = await connect(url, { ...trust, role: "subscriber" });
    for await (const { path } of viewer.announced("", end.signal)) {
      if (path === NAME) break;
    }
    const consumer = viewer.consume(NAME);
    const received = await subscribeMedia(consumer, { signal: end.signal });
    const meter = new Meter({
      startMs: () => publication.startMs,
      signal: end.signal,
    });
    print(
      `watching   "${NAME}" through the relay, ${viewer.version}; Ctrl-C ends it\n`,
    );
    showProgress(meter, end.signal);
    const writing = out === undefined ? undefined : writeTo(out, received);
    await meter.run(consumer, received.catalog);
    await received.close();
    if (writing) print(await writing);
    const failure = await publication.closed;
    if (failure) throw failure;
    broadcast.close();
  } finally {
    end.abort();
    media.close();
    await relay.close();
  }
}

if (import.meta.main) {
  try {
    const settings = readArguments(Deno.args);
    if (settings.help) print(HELP);
    else await run(settings);
    Deno.exit(0);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const hint = error instanceof ConfigError ? "" : "; see --help";
    Deno.stderr.writeSync(encoder.encode(`demo: ${reason}${hint}\n`));
    Deno.exit(1);
  }
}
