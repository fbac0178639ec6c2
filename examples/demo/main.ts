/**
 * The main job in one command: a relay, a publisher that sends a real clip in
 * real time, a page that plays it, and a viewer without a screen that measures.
 *
 * @module
 */
import { BroadcastProducer } from "@moq-deno/lite";
import { connect } from "@moq-deno/lite/deno";
import { type Media, openMedia, publishMedia } from "@moq-deno/hang/media";
import { ConfigError, type RunningRelay } from "@moq-deno/relay/server";
import { openFileSource } from "../../hang/cli/file_source.ts";
import { type DemoArguments, HELP, readArguments } from "./arguments.ts";
import { openBrowser } from "./open_browser.ts";
import { pageFrom, relayFrom } from "./ports.ts";
import { endOf, print, printError } from "./terminal.ts";
import { watch } from "./viewer.ts";

const CLIP = new URL("clip.mp4", import.meta.url);
const NAME = "demo";

interface Parts {
  readonly media: Media;
  readonly relay: RunningRelay;
  readonly end: AbortController;
}

async function run(settings: DemoArguments): Promise<void> {
  const { file, seconds, port } = settings;
  using source = file === "-" ? undefined : await openFileSource(file ?? CLIP);
  const media = await openMedia(source ?? Deno.stdin.readable);
  const relay = await relayFrom(port);
  const end = endOf(seconds);
  try {
    await play(settings, { media, relay, end });
  } finally {
    end.abort();
    media.close();
    await relay.close();
  }
}

async function play(
  { file, out, seconds, webPort, isPageHidden }: DemoArguments,
  { media, relay, end }: Parts,
): Promise<void> {
  const { signal } = end;
  const [address] = relay.addresses;
  const host = `${address?.hostname}:${address?.port}`;
  const url = `moqt://${host}/`;
  const trust = {
    serverCertificateHashes: [Uint8Array.fromHex(relay.fingerprint)],
  };
  print(`relay      ${url}  (certificate ${relay.fingerprint})\n`);
  const what = file === "-" ? "standard input" : file ?? "the demo's clip";
  print(`publishing ${what} (${media.format}) as "${NAME}"\n`);
  await using publisher = await connect(url, { ...trust, role: "publisher" });
  const broadcast = new BroadcastProducer();
  publisher.publish(NAME, broadcast);
  const loop = media.isRewindable;
  const publication = publishMedia(broadcast, media, { loop, signal });

  const isHeadless = seconds !== undefined || out !== undefined;
  const page = isHeadless
    ? undefined
    : pageFrom(webPort, { relay: `http://${host}/`, running: relay });
  if (page) {
    const pageUrl = `http://localhost:${page.addr.port}/`;
    print(`page       ${pageUrl}\n`);
    // Does not fail, and what it opens may run for as long as it likes.
    if (!isPageHidden) void openBrowser(pageUrl);
  }

  await using viewer = await connect(url, { ...trust, role: "subscriber" });
  const startMs = () => publication.startMs;
  await watch(viewer, { name: NAME, startMs, out, signal });
  const failure = await publication.closed;
  if (failure) throw failure;
  broadcast.close();
  await page?.shutdown();
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
    printError(`demo: ${reason}${hint}\n`);
    Deno.exit(1);
  }
}
