/**
 * `record`: a broadcast to disk, in as many takes as the connection and the
 * publisher make it.
 *
 * @module
 */
import type { Route } from "@moq-deno/lite";
import { RecordedBroadcast } from "../record/recorded_broadcast.ts";
import { Recorder } from "../record/recorder.ts";
import { command, EXAMPLE_RELAY, FOLDER, READING } from "./command.ts";
import { choice, flag, optional, type Values } from "./command_line.ts";
import { deflate } from "../deflate.ts";
import { FolderStore } from "./folder_store.ts";
import { sayMissing, serveRecorded } from "./recordings.ts";
import { publishedName } from "./options.ts";
import { MEDIA_LOG } from "./media_log.ts";
import { openRelay, type RelayConnection } from "./relay.ts";
import { duration, printable, say, showProgress } from "./terminal.ts";
import { untilAnnounced } from "./until_announced.ts";

const ROWS = {
  ...READING,
  dvr: optional("--dvr NAME", {
    read: publishedName,
    help:
      "serve what there is so far as this broadcast, with a timeline, for viewers who go back",
  }),
  follow: flag("--follow", "go on with the next publisher, until Ctrl-C"),
  sync: choice("--sync WHEN", {
    words: ["second", "never", "group"],
    help:
      "what a power cut may take: the last second (second), what the system had not written yet (never), or nothing that is in the recording (group)",
  }),
  ...FOLDER,
};

type RecordValues = Values<typeof ROWS>;

/** Records until the publisher ends the broadcast, Ctrl-C, or the time is over; goes on after a lost session. */
export const record = command({
  name: "record",
  summary: "Record a broadcast, or go on with its recording",
  rows: ROWS,
  examples: [
    `hang record ${EXAMPLE_RELAY} --name film recording`,
    `hang record ${EXAMPLE_RELAY} --name film --dvr film/past --follow recording`,
  ],
  run: recordBroadcast,
});

async function recordBroadcast(
  args: RecordValues,
  signal: AbortSignal,
): Promise<void> {
  // What is recorded so far is published with --dvr.
  const role = args.dvr === undefined ? "subscriber" : undefined;
  await using relay = await openRelay(args, { role, signal });
  if (!signal.aborted) await recordAll(relay, args);
}

async function recordAll(
  relay: RelayConnection,
  args: RecordValues,
): Promise<void> {
  const store = new FolderStore(args.folder, "write", args.sync);
  store.lock();
  const recorder = new Recorder({
    store,
    name: args.name,
    log: MEDIA_LOG,
  });
  for (const text of recorder.recording.problems) {
    say(`${printable(text)}\n`);
  }
  if (args.dvr !== undefined) {
    const broadcast = new RecordedBroadcast(recorder.recording, {
      from: "now",
      compression: deflate,
    });
    serveRecorded(relay.connection.local.scope(), {
      path: args.dvr,
      broadcast,
    });
  }
  const stop = showProgress(progressOf(recorder));
  try {
    await runTakes(recorder, { relay, args });
  } finally {
    stop();
    sayMissing(recorder.recording);
    recorder.close();
    store.close();
  }
}

async function runTakes(
  recorder: Recorder,
  { relay, args: { name, follow } }: {
    readonly relay: RelayConnection;
    readonly args: RecordValues;
  },
): Promise<void> {
  const { signal } = relay;
  const scope = relay.connection.remote.scope();
  let isBack = false;
  while (!signal.aborted) {
    const route = await untilAnnounced(relay, name, { isBack });
    if (!route) return;
    isBack = true;
    const publisher = publisherOf(route);
    await recorder.run(scope.consume(name), { publisher, signal });
    const wasLost = await relay.wasLost();
    await relay.check();
    if (signal.aborted || (!wasLost && !follow)) return;
    say(wasLost ? "the relay was lost\n" : "the publisher has ended it\n");
  }
}

/** Older drafts do not say who publishes. */
function publisherOf({ hops: [first] }: Route): string | undefined {
  return first === undefined || first === 0n ? undefined : first.toString(16);
}

function progressOf(recorder: Recorder): () => string {
  const startMs = performance.now();
  return () => {
    const { groups, bytes, lost } = recorder;
    const time = duration((performance.now() - startMs) / 1000);
    const megabytes = (bytes / 1e6).toFixed(1);
    return `time ${time}  groups ${groups}  ${megabytes} MB  lost ${lost}`;
  };
}
