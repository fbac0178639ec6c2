/**
 * A recording through a lost relay and two kills, with missed groups fetched, then
 * replayed and exported.
 *
 * @module
 */
import { groupOf } from "@moq-deno/lite/internal";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { consumeCatalog } from "@moq-deno/hang";
import {
  type MediaPublication,
  openMedia,
  publishMedia,
} from "@moq-deno/hang/media";
import {
  type MissingGroups,
  Recording,
  type TimelineRecord,
} from "@moq-deno/hang/record";
import {
  BroadcastProducer,
  Cache,
  type Connection,
  MoqError,
  type Session,
} from "@moq-deno/lite";
import { connect, reconnect } from "@moq-deno/lite/deno";
import { consumeWindow } from "@moq-deno/lite/json";
import { deflate } from "@moq-deno/hang/deflate";
import { FolderStore } from "../../hang/cli/folder_store.ts";
import { readIndex } from "../../hang/record/group_index.ts";
import { DENO_RUN, Program, ROOT } from "../package/process.ts";
import { Hang } from "./hang_process.ts";
import { ffmpegTest, output, probe } from "./tools.ts";

const CLIP = new URL("../../examples/demo/clip.mp4", import.meta.url);
const PICTURES_PER_GROUP = 30;
const PATIENCE_MS = 60_000;

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!isSo()) {
    assert.ok(
      performance.now() < deadline,
      `it took longer than ${PATIENCE_MS} ms`,
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Groups of the first track, which is the video. */
function groupsIn(folder: string): number {
  try {
    const { size } = Deno.statSync(`${folder}/0.groups`);
    const index = Deno.readFileSync(`${folder}/0.index`);
    const read = () => new Uint8Array();
    return readIndex(index, { size, read }).entries.length;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

/** The last group of each track so far. */
function highestIn(folder: string): ReadonlyMap<string, number> {
  const recording = Recording.open(new FolderStore(folder, "read"));
  const highest = [...recording.tracks].map(
    ([name, { log }]) => [name, log.highest] as const,
  );
  recording.close();
  return new Map(highest);
}

/** The groups up to `highest` that are missing. */
function missingBelow(
  folder: string,
  highest: ReadonlyMap<string, number>,
): readonly MissingGroups[] {
  const recording = Recording.open(new FolderStore(folder, "read"));
  const missing = recording.missing();
  recording.close();
  return missing.filter(({ track, from }) => from <= highest.get(track)!);
}

interface RelayProcess {
  readonly relay: Program;
  readonly address: string;
}

async function startRelay(
  listen: string,
  options: readonly string[],
): Promise<RelayProcess> {
  const program = [...DENO_RUN, "relay/main.ts", "--listen", listen] as const;
  const relay = new Program([...program, ...options], { cwd: ROOT });
  const [, address = ""] = await relay.prints(
    /^ *listening +(127\.0\.0\.1:\d+)/m,
  );
  return { relay, address };
}

/** A relay that can be stopped and restarted on its port, and the clip in a loop on it as `film`. */
class Stage implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync();
  readonly broadcast: BroadcastProducer;
  readonly #options: readonly string[];
  readonly #publication: MediaPublication;
  readonly #media: { close(): void };
  readonly #publisher: Connection;
  readonly #address: string;
  #relay: Program;

  private constructor(
    { relay, address }: RelayProcess,
    { media, options, cache }: {
      readonly media: Awaited<ReturnType<typeof openMedia>>;
      readonly options: readonly string[];
      readonly cache: Cache | undefined;
    },
  ) {
    this.#relay = relay;
    this.#address = address;
    this.#options = options;
    this.#media = media;
    this.broadcast = new BroadcastProducer({ cache });
    this.#publication = publishMedia(this.broadcast, media, { loop: true });
    this.#publisher = reconnect(this.url, { maxDelayMs: 500 });
    this.#publisher.local.publish("film", this.broadcast);
  }

  static async open(
    options: readonly string[] = [],
    cache?: Cache,
  ): Promise<Stage> {
    const media = await openMedia(await Deno.readFile(CLIP));
    const relay = await startRelay("127.0.0.1:0", options);
    return new Stage(relay, { media, options, cache });
  }

  get url(): string {
    return `http://${this.#address}`;
  }

  /** Arguments of `hang` for the broadcast `name`. */
  at(name: string): string[] {
    return ["--url", this.url, "--name", name];
  }

  async restartRelay(): Promise<void> {
    await this.#relay.stop("SIGTERM");
    await this.#relay[Symbol.asyncDispose]();
    this.#relay = (await startRelay(this.#address, this.#options)).relay;
  }

  /** Ends the broadcast by its publisher. */
  async endBroadcast(): Promise<void> {
    this.#publication.close();
    await this.#publication.closed;
    this.broadcast.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endBroadcast();
    this.#publisher.close();
    await this.#publisher.closed;
    this.#media.close();
    await this.#relay[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

ffmpegTest(
  "hang record: survives a relay restart and a killed recorder",
  async () => {
    await using stage = await Stage.open();
    const folder = `${stage.folder}/recording`;
    const record = ["record", ...stage.at("film"), folder];
    {
      await using recorder = new Hang(record);
      await until(() => groupsIn(folder) >= 2);
      await stage.restartRelay();
      const before = groupsIn(folder);
      await until(() => groupsIn(folder) >= before + 2);
      await recorder.kill();
    }
    const killed = Recording.open(new FolderStore(folder, "read"));
    const atKill = killed.tracks.get("video")!.log.entries.length;
    assert.equal(killed.takes.length, 2);
    killed.close();

    let highest: ReadonlyMap<string, number>;
    {
      await using recorder = new Hang(record);
      await until(() => groupsIn(folder) >= atKill + 2);
      // Its publisher still has the missed groups, so the gaps of the restart and the kill are filled.
      highest = highestIn(folder);
      await until(() => missingBelow(folder, highest).length === 0);
      await stage.endBroadcast();
      await recorder.result();
    }
    const recording = Recording.open(new FolderStore(folder, "read"));
    const { entries } = recording.tracks.get("video")!.log;
    assert.equal(recording.takes.length, 3);
    assert.ok(recording.interruptions().every((one) => !one.isOtherPublisher));
    // Only groups cut by the end are missing, and none is there twice.
    assert.deepEqual(missingBelow(folder, highest), []);
    const numbers = entries.map(({ sequence }) => sequence);
    assert.equal(new Set(numbers).size, numbers.length);
    const count = entries.length;
    recording.close();

    const exported = `${stage.folder}/film.mp4`;
    await using exporter = new Hang(["export", folder, exported]);
    await exporter.result();
    const [picture, sound] = await probe(exported);
    // The last group ends where the publisher was stopped.
    const pictures = Number(picture!.nb_read_packets);
    const whole = count * PICTURES_PER_GROUP;
    assert.ok(pictures > whole - PICTURES_PER_GROUP && pictures <= whole);
    assert.ok(Number(sound!.nb_read_packets) > 60);
    const decode = ["-xerror", "-i", exported, "-f", "null", "-"];
    await output("ffmpeg", decode);

    await using _replay = new Hang(["replay", ...stage.at("again"), folder]);
    const copy = `${stage.folder}/copy.mp4`;
    await using copying = new Hang([
      ...["subscribe", ...stage.at("again"), "--latency", "30000", copy],
    ]);
    await copying.result();
    const [replayed] = await probe(copy);
    assert.equal(replayed!.nb_read_packets, picture!.nb_read_packets);
  },
);

/** The first records of the timeline of `name`. */
async function timelineOf(
  session: Session,
  { name, count }: { readonly name: string; readonly count: number },
): Promise<TimelineRecord[]> {
  const broadcast = session.consume(name);
  const records: TimelineRecord[] = [];
  for await (const { archive } of consumeCatalog(broadcast)) {
    const track = broadcast.track(archive!.track);
    const events = consumeWindow(track, { compression: deflate });
    for await (const event of events) {
      if (event.kind === "push") records.push(event.value as TimelineRecord);
      if (records.length === count) return records;
    }
  }
  return records;
}

ffmpegTest(
  "hang record --dvr: a late viewer goes back through the relay",
  async () => {
    // Neither keeps more than the newest groups.
    await using stage = await Stage.open(
      ["--cache-duration", "1s"],
      new Cache({ maxAgeMs: 1000 }),
    );
    const folder = `${stage.folder}/recording`;
    await using _recorder = new Hang([
      ...["record", ...stage.at("film"), "--dvr", "film/past", folder],
    ]);
    await until(() => groupsIn(folder) >= 6);

    await using viewer = await connect(stage.url);
    for await (const { path } of viewer.announced("film/past")) {
      if (path === "") break;
    }
    const live = viewer.consume("film").track("video");
    const subscription = live.subscribe({ from: "latest" });
    let newest = -1;
    for await (const group of subscription) {
      newest = group.sequence;
      break;
    }
    const records = await timelineOf(viewer, { name: "film/past", count: 2 });
    assert.deepEqual(
      records.map(({ segment, duration, tracks }) => [
        ...[segment, duration],
        ...tracks.video!.map(({ start, end }) => end - start),
      ]),
      [[0, 2000, 1], [1, 2000, 1]],
    );
    const [first] = records[0]!.tracks.video!;
    const [sound] = records[0]!.tracks.audio!;
    assert.ok(sound!.end - sound!.start >= 15, "two seconds of sound");
    assert.ok(newest - first!.start >= 5, "it is past, not live");
    await assert.rejects(
      async () =>
        await Array.fromAsync((await live.fetch(first!.start)).frames()),
      MoqError,
    );

    const past = viewer.consume("film/past").track("video");
    const recording = Recording.open(new FolderStore(folder, "read"));
    const { log } = recording.tracks.get("video")!;
    for (const sequence of [first!.start, first!.end]) {
      const group = groupOf(await past.fetch(sequence));
      while (!group.log.ended) await group.log.changed();
      const received = group.log.slice(0, group.log.length);
      assert.equal(
        Buffer.compare(received, log.read(log.find(sequence)!)),
        0,
        `group ${sequence} as it was recorded`,
      );
    }
    recording.close();
    await assert.rejects(
      async () => await Array.fromAsync((await past.fetch(9999)).frames()),
      MoqError,
    );
  },
);
