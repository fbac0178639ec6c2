/**
 * `publish`: a file or standard input to a relay, in real time.
 *
 * @module
 */
import { BroadcastProducer, type Connection } from "@moq-deno/lite";
import { openFragments } from "../media/fragments.ts";
import { joinMedia } from "../media/join.ts";
import type { Media } from "../media/media.ts";
import { openH264 } from "../media/open_h264.ts";
import { openMedia } from "../media/open.ts";
import { type MediaPublication, publishMedia } from "../media/publish.ts";
import { openHls } from "../hls/open_hls.ts";
import { command, EXAMPLE_RELAY, PUBLISHING } from "./command.ts";
import {
  choice,
  flag,
  operands,
  optional,
  type Values,
} from "./command_line.ts";
import { untilEnded } from "./ended.ts";
import { openSource, openStream } from "./file_source.ts";
import { filesFor, isPlaylist, urlOfPlaylist } from "./hls_files.ts";
import { MEDIA_LOG } from "./media_log.ts";
import { openRelay, type RelayConnection } from "./relay.ts";
import { positive } from "./options.ts";
import { duration, say, showProgress } from "./terminal.ts";
import { watchHint } from "./watch_hint.ts";

const ROWS = {
  ...PUBLISHING,
  container: choice("--container KIND", {
    words: ["legacy", "loc", "cmaf"],
    help:
      "legacy, loc, or cmaf, which passes the fragments of one fragmented MP4 through as they are",
  }),
  framerate: optional("--h264 FPS", {
    read: positive,
    help: "the input is plain H.264 with so many pictures a second",
  }),
  loop: flag("--loop", "start again at the end"),
  form: choice("--form YEAR", {
    words: ["2026", "2025", "2025-arrays"],
    help:
      "write the catalog for viewers of 2026, of late 2025, or those before October 2025 (2025-arrays)",
  }),
  isPrivateAllowed: flag(
    "--allow-private",
    "a playlist from a public address may name private ones",
  ),
  isOutsideAllowed: flag(
    "--allow-outside",
    "a playlist on disk may name files outside of its folder",
  ),
  files: operands("FILE|PLAYLIST|-", {
    preset: "-",
    help:
      "MP4, WebM, MKV, MPEG-TS or audio, or HLS: a URL with http: or https:, or a file called .m3u8; several are renditions of one broadcast; - is standard input",
  }),
};

type PublishValues = Values<typeof ROWS>;

/** Publishes until the media ends, or for ever with `loop`; goes on after a lost connection. */
export const publish = command({
  name: "publish",
  summary: "Send media to a relay, in real time",
  rows: ROWS,
  examples: [
    `hang publish ${EXAMPLE_RELAY} --name clock --loop clip.mp4`,
    `hang publish ${EXAMPLE_RELAY} --name film hd.mp4 sd.mp4`,
    `hang publish ${EXAMPLE_RELAY} --name film https://example.com/live/master.m3u8`,
    `ffmpeg -re -i in.mkv -c copy -f mp4 -movflags empty_moov+frag_keyframe - |\n    hang publish ${EXAMPLE_RELAY} --name film -`,
    `ffmpeg -re -i in.mp4 -c copy -f mp4 -movflags cmaf+separate_moof - |\n    hang publish ${EXAMPLE_RELAY} --name film --container cmaf -`,
  ],
  async run(args, signal) {
    const { form, container } = args;
    if (form !== "2026" && container !== "legacy") {
      throw new TypeError(
        `Expected --container legacy with --form ${form}, which has no words for others, got ${container}`,
      );
    }
    await untilEnded(signal, publishInputs(args, signal));
  },
});

async function publishInputs(
  args: PublishValues,
  signal: AbortSignal,
): Promise<void> {
  using inputs = new DisposableStack();
  const media = await openInputs(args, { inputs, signal });
  inputs.defer(() => media.close());
  for (const reason of media.skipped) say(`left out: ${reason}\n`);
  await using relay = await openRelay(args, { role: "publisher", signal });
  if (!signal.aborted) await publishOver(relay, { media, args });
}

async function openInputs(
  args: PublishValues,
  { inputs, signal }: {
    readonly inputs: DisposableStack;
    readonly signal: AbortSignal;
  },
): Promise<Media> {
  const { files, container, framerate } = args;
  const options = { log: MEDIA_LOG, signal };
  if (files.includes("-")) say("reading standard input\n");
  if (framerate !== undefined) {
    const stream = await openStream(oneOf(files), signal);
    return await openH264(stream, { framerate, signal });
  }
  if (container === "cmaf") {
    return await openFragments(await openStream(oneOf(files), signal), options);
  }
  const parts: Media[] = [];
  try {
    for (const file of files) {
      if (isPlaylist(file)) {
        const url = urlOfPlaylist(file);
        parts.push(
          await openHls(url, { files: filesFor(args), ...options }),
        );
        continue;
      }
      const source = file === "-"
        ? await openStream(file, signal)
        : await openSource(file, signal);
      if (!(source instanceof ReadableStream)) inputs.use(source);
      parts.push(await openMedia(source, options));
    }
    return joinMedia(parts);
  } catch (error) {
    for (const part of parts) part.close();
    throw error;
  }
}

function oneOf(files: readonly string[]): string {
  const [file, extra] = files;
  if (file === undefined || extra !== undefined) {
    throw new TypeError(`Expected one stream, got ${files.join(", ")}`);
  }
  return file;
}

async function publishOver(
  relay: RelayConnection,
  { media, args }: { readonly media: Media; readonly args: PublishValues },
): Promise<void> {
  const { connection, signal } = relay;
  const broadcast = new BroadcastProducer();
  const name = JSON.stringify(args.name);
  connection.local.publish(args.name, broadcast);
  const files = args.files.join(", ");
  say(`publishing ${files} (${media.format}) as ${name}\n`);
  say(`watch: ${await watchHint(args.url, args.name)}\n`);
  const publication = publishMedia(broadcast, media, {
    loop: args.loop,
    form: args.form,
    container: args.container === "cmaf" ? undefined : args.container,
    log: MEDIA_LOG,
    signal,
  });
  const stop = showProgress(progressOf(publication, connection));
  const failure = await publication.closed;
  stop();
  broadcast.close(failure);
  await relay.check();
  await relay.delivered();
  if (failure) throw failure;
}

function progressOf(
  publication: MediaPublication,
  connection: Connection,
): () => string {
  let [bytes, atMs] = [0, performance.now()];
  return () => {
    const { stats } = publication;
    const nowMs = performance.now();
    const kbps = (stats.bytes - bytes) * 8 / (nowMs - atMs);
    [bytes, atMs] = [stats.bytes, nowMs];
    const { session } = connection;
    const state = session
      ? `subscriptions ${session.stats.subscriptions}`
      : `relay ${connection.status.state}`;
    return `time ${duration(stats.mediaUs / 1e6)}  ${
      kbps.toFixed(0)
    } kbit/s  ${state}`;
  };
}
