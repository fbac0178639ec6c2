/**
 * `serve-hls`: a live broadcast, or a recording, for players of HLS.
 *
 * @module
 */
import type { Logger, OriginScope } from "@moq-deno/lite";
import { reconnect } from "@moq-deno/lite/deno";
import { HlsServer } from "../hls/hls_server.ts";
import { LiveBroadcast, type PublisherEvent } from "../hls/live_broadcast.ts";
import type { HlsSource } from "../hls/rendition.ts";
import { RecordedHls } from "../hls/recorded_hls.ts";
import type {
  ListenAddress,
  ServeLiveArguments,
  ServeRecordedArguments,
} from "./arguments.ts";
import { openRecording } from "./recordings.ts";
import { firstSession, trust } from "./relay.ts";
import { endSignal, print, printable, say } from "./terminal.ts";

const LOG: Logger = {
  warn: (message, fields) =>
    say(`${message}: ${printable(`${fields?.name ?? ""} ${fields?.error}`)}\n`),
};

/** Serves until Ctrl-C or the time is over. The address of the multivariant playlist goes to standard output. */
export async function serveHls(
  args: ServeLiveArguments | ServeRecordedArguments,
): Promise<void> {
  using end = endSignal(args.seconds);
  if (args.folder === undefined) await serveLive(args, end.signal);
  else await serveRecorded(args, end.signal);
}

async function serveRecorded(
  { folder, listen: address }: ServeRecordedArguments,
  signal: AbortSignal,
): Promise<void> {
  const recording = openRecording(folder);
  try {
    const source = new RecordedHls(recording, { log: LOG });
    await using _server = listen(source, address);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  } finally {
    recording.close();
  }
}

async function serveLive(
  args: ServeLiveArguments,
  signal: AbortSignal,
): Promise<void> {
  const { windowSeconds } = args;
  const live = new LiveBroadcast({ windowSeconds, log: LOG });
  const connection = reconnect(args.url, trust(args));
  try {
    await firstSession(connection, signal);
    if (signal.aborted) return;
    await using _server = listen(live, args.listen);
    const scope = connection.remote.scope();
    await live.run(publishersOf(scope, { name: args.name, signal }));
  } finally {
    connection.close();
    await connection.closed;
  }
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
