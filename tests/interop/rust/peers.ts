/**
 * Relays, publishers and viewers of both implementations, on loopback, for the
 * interop tests in any combination.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  BroadcastProducer,
  protocolOf,
  type Session,
  type Version,
} from "@moq-deno/lite";
import { fetchCertificateHash } from "@moq-deno/lite/internal";
import { connect } from "@moq-deno/lite/deno";
import {
  openMedia,
  publishMedia,
  subscribeMedia,
  writeMedia,
} from "@moq-deno/hang/media";
import { startRelay } from "@moq-deno/relay/server";
import { rustPrograms } from "./install.ts";

const CLIP = new URL("../../../examples/demo/clip.mp4", import.meta.url);
const NAME = "interop.hang";

/** Which implementation plays a part. */
export type Make = "deno" | "rust";

/** How to reach a relay. */
export interface RelayAddress extends AsyncDisposable {
  /** Host and port. */
  readonly host: string;
  /** SHA-256 of its certificate, in hexadecimal. */
  readonly fingerprint: string;
}

/** How a peer connects. */
export interface PeerOptions {
  /** The relay to connect to. */
  readonly relay: RelayAddress;
  /** The URL's scheme. */
  readonly scheme: "moqt" | "https" | "http";
  /** The draft to speak. */
  readonly version: Version;
  /** Stops the peer. */
  readonly signal: AbortSignal;
  /** Transforms the broadcast before our publisher publishes it. */
  readonly through?: (broadcast: BroadcastProducer) => BroadcastProducer;
}

async function freePort(): Promise<number> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return await Promise.resolve(port);
}

/** A relay of this implementation that allows everything, with additional flags, which both know. */
export async function relayOf(
  make: Make,
  ...flags: readonly string[]
): Promise<RelayAddress> {
  const port = await freePort();
  const host = `localhost:${port}`;
  if (make === "deno") {
    const relay = await startRelay([
      ...["--listen", `127.0.0.1:${port}`, "--auth-public", "**"],
      ...flags,
    ]);
    return {
      host,
      fingerprint: relay.fingerprint,
      [Symbol.asyncDispose]: () => relay.close(),
    };
  }
  const child = await spawn("moq-relay", [
    "--listen",
    `127.0.0.1:${port}`,
    "--listen-tls-generate",
    "localhost",
    "--auth-public",
    "**",
    "--web-http-listen",
    `127.0.0.1:${port}`,
    ...flags,
  ], { stderr: "piped" });
  const output = watchOutput(child.stderr);
  // In a cluster only the line about listening is certain.
  await output.says(flags.length > 0 ? '"quic"' : "standalone");
  const hash = await fetchCertificateHash(new URL(`http://127.0.0.1:${port}`));
  return {
    host,
    fingerprint: hash.toHex(),
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
      await output.ended;
    },
  };
}

async function spawn(
  name: string,
  args: readonly string[],
  options: Deno.CommandOptions = {},
): Promise<Deno.ChildProcess> {
  const command = `${await rustPrograms()}/${name}`;
  return new Deno.Command(command, {
    args: [...args],
    stdin: "null",
    stdout: "null",
    stderr: "null",
    ...options,
  }).spawn();
}

function watchOutput(
  stream: ReadableStream<Uint8Array>,
): { says(text: string): Promise<void>; readonly ended: Promise<void> } {
  let seen = "";
  const found = Promise.withResolvers<void>();
  let wanted = "\0";
  const run = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      seen += decoder.decode(chunk, { stream: true });
      if (seen.includes(wanted)) found.resolve();
    }
    found.reject(new Error(`The program ended before ${wanted}:\n${seen}`));
  };
  found.promise.catch(() => {}); // There may be no one waiting when it ends.
  return {
    says(text) {
      wanted = text;
      if (seen.includes(wanted)) found.resolve();
      return found.promise;
    },
    ended: run(),
  };
}

function rustConnection(
  { relay, scheme, version }: PeerOptions,
): string[] {
  const pin = scheme === "http"
    ? []
    : ["--connect-tls-fingerprint", relay.fingerprint];
  return [
    "--connect",
    `${scheme}://${relay.host}/`,
    "--connect-version",
    `moq-lite-${version}`,
    ...pin,
    "--broadcast",
    NAME,
  ];
}

/** Publishes the clip until the signal aborts; resolves when the publisher has ended. */
export async function publish(make: Make, peer: PeerOptions): Promise<void> {
  return make === "deno" ? await publishOurs(peer) : await publishTheirs(peer);
}

async function publishOurs(peer: PeerOptions): Promise<void> {
  const media = await openMedia(await Deno.readFile(CLIP));
  await using session = await connectOurs(peer, "publisher");
  const broadcast = new BroadcastProducer();
  session.publish(NAME, peer.through?.(broadcast) ?? broadcast);
  const { signal } = peer;
  const publication = publishMedia(broadcast, media, { loop: true, signal });
  assert.equal(await publication.closed, undefined);
  broadcast.close();
  media.close();
}

/** One of our sessions with a relay. */
export function connectOurs(
  { relay, scheme, version }: Omit<PeerOptions, "signal">,
  role: "publisher" | "subscriber",
): Promise<Session> {
  const hashes = scheme === "http"
    ? {}
    : { serverCertificateHashes: [Uint8Array.fromHex(relay.fingerprint)] };
  return connect(`${scheme}://${relay.host}/`, {
    ...hashes,
    protocols: [protocolOf(version)],
    role,
  });
}

async function publishTheirs(peer: PeerOptions): Promise<void> {
  const ffmpeg = new Deno.Command("ffmpeg", {
    args: [
      ..."-v error -stream_loop -1 -re -i".split(" "),
      CLIP.pathname,
      ..."-c copy -f mp4 -frag_duration 30000".split(" "),
      ..."-movflags cmaf+separate_moof+delay_moov+skip_trailer -".split(" "),
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const child = await spawn(
    "moq",
    [...rustConnection(peer), "import", "fmp4"],
    { stdin: "piped" },
  );
  const feeding = ffmpeg.stdout.pipeTo(child.stdin, { signal: peer.signal })
    .catch(() => {}); // The pipe breaks when either program is stopped.
  await aborted(peer.signal);
  child.kill("SIGTERM");
  ffmpeg.kill("SIGTERM");
  await Promise.all([child.status, ffmpeg.status, feeding]);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
}

/** Watches until the signal aborts, and writes what arrives to `file`. */
export async function watch(
  make: Make,
  file: string,
  peer: PeerOptions,
): Promise<void> {
  return make === "deno"
    ? await watchOurs(file, peer)
    : await watchTheirs(file, peer);
}

async function watchOurs(file: string, peer: PeerOptions): Promise<void> {
  await using session = await connectOurs(peer, "subscriber");
  for await (const { path } of session.announced("", peer.signal)) {
    if (path === NAME) break;
  }
  const broadcast = session.consume(NAME);
  const media = await subscribeMedia(broadcast, { signal: peer.signal });
  peer.signal.addEventListener("abort", () => media.close(), { once: true });
  const out = await Deno.open(file, { create: true, write: true });
  await writeMedia(media, out.writable);
}

async function watchTheirs(file: string, peer: PeerOptions): Promise<void> {
  const out = await Deno.open(file, { create: true, write: true });
  const child = await spawn(
    "moq",
    [...rustConnection(peer), "export", "fmp4"],
    { stdout: "piped" },
  );
  const writing = child.stdout.pipeTo(out.writable);
  await aborted(peer.signal);
  child.kill("SIGTERM");
  await Promise.all([child.status, writing]);
}

/** Pictures and sound packets in a file, as ffprobe counts them. */
export async function countFrames(
  file: string,
): Promise<Record<string, number>> {
  const { stdout } = await new Deno.Command("ffprobe", {
    args: [
      ..."-v error -count_packets -of csv=p=0 -show_entries".split(" "),
      "stream=codec_type,nb_read_packets",
      file,
    ],
  }).output();
  return Object.fromEntries(
    new TextDecoder().decode(stdout).trim().split("\n").map((line) => {
      const [kind = "", count] = line.split(",");
      return [kind, Number(count)];
    }),
  );
}
