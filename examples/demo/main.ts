/**
 * The main job in one command: a relay, a publisher that sends a real clip in
 * real time, a page that plays it, and a viewer without a screen that measures.
 *
 * @module
 */
import { BroadcastProducer } from "@moq-deno/lite";
import { aborted, messageOf } from "@moq-deno/lite/internal";
import { type Media, openMedia, publishMedia } from "@moq-deno/hang/media";
import { ConfigError, type RunningRelay } from "@moq-deno/relay/server";
import { openFileSource } from "../../hang/cli/file_source.ts";
import { type DemoArguments, HELP, readArguments } from "./arguments.ts";
import { openBrowser } from "./open_browser.ts";
import { connectTo, urlOf } from "./own_relay.ts";
import { qrCode } from "./qr_code.ts";
import { type DemoServers, type LanPages, startServers } from "./servers.ts";
import { endOf, print, printError, printLine, printRaw } from "./terminal.ts";
import { watch } from "./viewer.ts";

const CLIP = new URL("clip.mp4", import.meta.url);
const NAME = "demo";

interface Parts {
  readonly media: Media;
  readonly relay: RunningRelay;
  readonly signal: AbortSignal;
}

async function run(settings: DemoArguments): Promise<void> {
  const { file, out, seconds } = settings;
  using source = file === "-" ? undefined : await openFileSource(file ?? CLIP);
  const media = await openMedia(source ?? Deno.stdin.readable);
  if (out !== undefined) await checkWritable(out);
  await using servers = await startServers(settings);
  const { relay, page } = servers;
  const end = endOf(seconds);
  const { signal } = end;
  try {
    greet(servers, settings);
    await play(settings, { media, relay, signal }).catch((error) => {
      // Those who came by the page may have broadcasts of their own.
      if (page === undefined) throw error;
      printLine(`the demo's broadcast has failed: ${messageOf(error)}`);
    });
    if (page !== undefined && !signal.aborted) {
      printLine("the relay and the page go on; Ctrl-C ends them");
      await aborted(signal);
    }
  } finally {
    end.abort();
    media.close();
  }
}

/** Throws before anything is started, where the file cannot be written. */
async function checkWritable(path: string): Promise<void> {
  (await Deno.open(path, { create: true, write: true })).close();
}

/** Says where the pages are, and opens them. */
function greet(
  { page, lan }: DemoServers,
  { isPageHidden }: DemoArguments,
): void {
  if (page === undefined) return;
  print(`page       ${page}\n`);
  if (lan) showLan(lan);
  // Does not fail, and what it opens may run for as long as it likes.
  if (!isPageHidden) void openBrowser(page);
}

function showLan({ url, isPublic }: LanPages): void {
  print(`network    ${url}\n`);
  printRaw(qrCode(url, { isTerminal: Deno.stdout.isTerminal() }));
  print(
    "phone      scan this; the browser warns of the demo's own certificate: choose Advanced, then Proceed (on iPhones Show Details, then visit this website)\n",
  );
  const reach = isPublic
    ? "anyone on the internet who reaches this public address"
    : "anyone on this network";
  print(`access     ${reach} can watch and publish until Ctrl-C\n`);
}

/** Publishes and measures until the media is over or the signal aborts. */
async function play(
  { file, out }: DemoArguments,
  { media, relay, signal }: Parts,
): Promise<void> {
  print(`relay      ${urlOf(relay)}  (certificate ${relay.fingerprint})\n`);
  const what = file === "-" ? "standard input" : file ?? "the demo's clip";
  print(`publishing ${what} (${media.format}) as "${NAME}"\n`);
  await using publisher = connectTo(relay, "publisher");
  const broadcast = new BroadcastProducer();
  publisher.connection.publish(NAME, broadcast);
  const loop = media.isRewindable;
  const publication = publishMedia(broadcast, media, { loop, signal });
  let isOver = false;
  publication.closed.then(() => isOver = true); // never rejects

  await using viewer = connectTo(relay, "subscriber");
  await watch(viewer.connection, {
    name: NAME,
    publisher: publisher.connection.local.hop,
    startMs: () => publication.startMs,
    isOver: () => isOver,
    out,
    signal,
  });
  const failure = await publication.closed;
  if (failure) throw failure;
  broadcast.close();
}

/** A failure that nothing waits for must not end the sessions of all others. */
function guard(): void {
  const told = (event: Event, reason: unknown): void => {
    event.preventDefault();
    const what = reason instanceof Error ? reason.stack : String(reason);
    printError(`\ndemo: unexpected failure, please report it: ${what}\n`);
  };
  addEventListener("unhandledrejection", (event) => told(event, event.reason));
  addEventListener("error", (event) => told(event, event.error));
}

if (import.meta.main) {
  try {
    const settings = readArguments(Deno.args);
    if (settings.help) {
      print(HELP);
    } else {
      guard();
      await run(settings);
    }
    Deno.exit(0);
  } catch (error) {
    const hint = error instanceof ConfigError ? "" : "; see --help";
    printError(`demo: ${messageOf(error)}${hint}\n`);
    Deno.exit(1);
  }
}
