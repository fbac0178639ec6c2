/**
 * `serve-hls`: a live broadcast, or a recording, for players of HLS.
 *
 * @module
 */
import type { OriginScope } from "@moq-deno/lite";
import { aborted } from "@moq-deno/lite/internal";
import { HlsServer } from "../hls/hls_server.ts";
import { LiveBroadcast, type PublisherEvent } from "../hls/live_broadcast.ts";
import type { HlsSource } from "../hls/rendition.ts";
import { RecordedHls } from "../hls/recorded_hls.ts";
import { command, EXAMPLE_RELAY, FOLDER, LOCAL, READING } from "./command.ts";
import { preset, type Values } from "./command_line.ts";
import { MEDIA_LOG } from "./media_log.ts";
import { addressOf, type ListenAddress, positive } from "./options.ts";
import { openRecording } from "./recordings.ts";
import { openRelay } from "./relay.ts";
import { print, say } from "./terminal.ts";

const LISTEN = {
  address: preset("--listen HOST:PORT", {
    read: addressOf,
    preset: "127.0.0.1:8888",
    help: "where players find it",
  }),
};
const LIVE_ROWS = {
  ...READING,
  ...LISTEN,
  windowSeconds: preset("--window SECONDS", {
    read: positive,
    preset: "30",
    help: "how much the playlists list",
  }),
};
const RECORDED_ROWS = { ...LOCAL, ...LISTEN, ...FOLDER };

/** Serves until Ctrl-C or the time is over. The address of the multivariant playlist goes to standard output. */
export const serveLiveHls = command({
  name: "serve-hls",
  summary: "Serve a live broadcast to players of HLS",
  rows: LIVE_ROWS,
  examples: [`hang serve-hls ${EXAMPLE_RELAY} --name film --listen :8888`],
  run: serveLive,
});

/** The same for a recording. */
export const serveRecordedHls = command({
  name: "serve-hls",
  summary: "Serve a recording to players of HLS",
  rows: RECORDED_ROWS,
  examples: ["hang serve-hls --listen :8888 recording"],
  run: serveRecorded,
});

async function serveRecorded(
  { folder, address }: Values<typeof RECORDED_ROWS>,
  signal: AbortSignal,
): Promise<void> {
  using recording = openRecording(folder);
  const source = new RecordedHls(recording, { log: MEDIA_LOG });
  await using _server = listen(source, address);
  await aborted(signal);
}

async function serveLive(
  args: Values<typeof LIVE_ROWS>,
  signal: AbortSignal,
): Promise<void> {
  const { windowSeconds } = args;
  const live = new LiveBroadcast({ windowSeconds, log: MEDIA_LOG });
  await using relay = await openRelay(args, { role: "subscriber", signal });
  if (signal.aborted) return;
  await using _server = listen(live, args.address);
  const scope = relay.connection.remote.scope();
  const { name } = args;
  await live.run(publishersOf(scope, { name, signal: relay.signal }));
  await relay.check();
}

/** Those who publish `name`, one after the other. */
async function* publishersOf(
  scope: OriginScope,
  { name, signal }: { readonly name: string; readonly signal: AbortSignal },
): AsyncGenerator<PublisherEvent, void> {
  say(`waiting for ${JSON.stringify(name)}\n`);
  for await (const { kind, path } of scope.announced(name, { signal })) {
    if (path !== "" || kind === "update") continue;
    say(
      `${JSON.stringify(name)} ${kind === "start" ? "is live" : "is gone"}\n`,
    );
    yield kind === "start"
      ? { kind, broadcast: scope.consume(name) }
      : { kind };
  }
}

function listen(source: HlsSource, address: ListenAddress): AsyncDisposable {
  const hls = new HlsServer(source);
  const server = Deno.serve(
    { ...address, onListen: () => {} },
    (request) => hls.answer(request),
  );
  const { hostname, port } = server.addr;
  const isEverywhere = hostname === "::" || hostname === "0.0.0.0";
  const host = isEverywhere
    ? "localhost"
    : hostname.includes(":")
    ? `[${hostname}]`
    : hostname;
  print(`http://${host}:${port}/master.m3u8\n`);
  return server;
}
