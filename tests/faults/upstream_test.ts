/** Publishers that end, stall or send invalid groups. */
import assert from "node:assert/strict";
import {
  BroadcastProducer,
  type GroupConsumer,
  MoqError,
  type Session,
} from "@moq-deno/lite";
import { MAX_GROUP_FRAMES } from "@moq-deno/lite/internal";
import type { SendStream } from "@moq-deno/lite/transport";
import { encodeFrameHeader } from "../../lite/model/frame.ts";
import { withType } from "../../lite/session/streams.ts";
import { encodeGroupHeader } from "../../lite/wire/group.ts";
import { UniType } from "../../lite/wire/stream_type.ts";
import { DOOMED, DOOMED_TRACK } from "./steady.ts";
import { faultTest, type Way, type World } from "./world.ts";

/** What happened to the groups of a track, by sequence. */
class Viewer {
  readonly session: Session;
  readonly groups = new Map<number, "whole" | MoqError>();
  readonly firstFrame = Promise.withResolvers<void>();
  readonly #readers: Promise<void>[] = [];
  #end: MoqError | undefined;

  private constructor(session: Session) {
    this.session = session;
  }

  static async open(world: World): Promise<Viewer> {
    const viewer = new Viewer(await world.connect("moqt"));
    for await (const { kind } of viewer.session.announced(DOOMED)) {
      if (kind === "start") break;
    }
    return viewer;
  }

  /** Why the track ended; `undefined` for a clean end. */
  async watch(until: number = Infinity): Promise<MoqError | undefined> {
    const track = this.session.consume(DOOMED).track(DOOMED_TRACK);
    const subscription = track.subscribe({ maxAgeMs: 60_000 });
    try {
      for await (const group of subscription) {
        this.#readers.push(this.#read(group));
        if (group.sequence >= until) break;
      }
    } catch (error) {
      assert.ok(error instanceof MoqError);
      this.#end = error;
    }
    await Promise.all(this.#readers);
    return this.#end;
  }

  async #read(group: GroupConsumer): Promise<void> {
    try {
      for await (const _ of group.frames()) this.firstFrame.resolve();
      this.groups.set(group.sequence, "whole");
    } catch (error) {
      assert.ok(error instanceof MoqError);
      this.groups.set(group.sequence, error);
    }
  }

  async leave(): Promise<void> {
    this.session.close();
    await this.session.closed;
  }
}

/** A publisher with real announcements and forged groups. */
class Liar {
  readonly session: Session;
  readonly #held: SendStream[] = [];
  readonly broadcast = new BroadcastProducer();

  private constructor(session: Session) {
    this.session = session;
  }

  static async open(world: World, way: Way): Promise<Liar> {
    const liar = new Liar(await world.connect(way));
    liar.session.publish(DOOMED, liar.broadcast);
    return liar;
  }

  /** A track that sends nothing by itself; resolves once the relay has subscribed. */
  async asked(): Promise<void> {
    const track = this.broadcast.createTrack(DOOMED_TRACK);
    while (track.demand.subscribers === 0) await track.demand.changed();
  }

  /** Starts a group of the relay's first subscription. */
  async group(sequence: number, ...bytes: number[]): Promise<SendStream> {
    const stream = await this.session.transport.openUni();
    this.#held.push(stream);
    const header = { subscribeId: 0, sequence, frameStart: 0 };
    stream.write(withType(UniType.group, encodeGroupHeader(header, "06")));
    stream.write(Uint8Array.from(bytes));
    return stream;
  }
}

const WHOLE = [0, 3, 1, 2, 3];
const LONGER = [...encodeFrameHeader(0, 0, 1000), 1, 2, 3];
const GIANT = [...encodeFrameHeader(0, 0, 2 ** 40), 1, 2, 3];
const TOO_MANY = Array.from({ length: 2 * MAX_GROUP_FRAMES + 2 }, () => 0);

for (const way of ["moqt", "https", "ws"] as const) {
  faultTest(
    `groups with false sizes or sequences fail alone (${way})`,
    {},
    async (world) => {
      const liar = await Liar.open(world, way);
      const asked = liar.asked();
      const viewer = await Viewer.open(world);
      const watching = viewer.watch(20);
      await asked;
      (await liar.group(1, ...LONGER)).close();
      (await liar.group(2, ...WHOLE, ...LONGER)).reset(7);
      await liar.group(3, ...GIANT);
      await liar.group(4, ...TOO_MANY);
      (await liar.group(10, ...WHOLE)).close();
      // An earlier sequence, then a repeated one.
      (await liar.group(6, ...WHOLE)).close();
      (await liar.group(10, ...WHOLE, ...WHOLE)).close();
      (await liar.group(20, ...WHOLE)).close();
      assert.equal(await watching, undefined);
      for (const sequence of [1, 2, 3, 4]) {
        assert.notEqual(viewer.groups.get(sequence), "whole", `${sequence}`);
      }
      assert.equal(viewer.groups.get(20), "whole");
      await viewer.leave();
      liar.session.close();
      await liar.session.closed;
    },
  );

  faultTest(
    `a publisher with too many announcements is closed (${way})`,
    { flags: ["--limit-announcements=100"] },
    async (world) => {
      const session = await world.connect(way);
      for (let number = 0; number <= 100; number++) {
        session.publish(`many/${number}`, new BroadcastProducer());
      }
      const error = await session.closed;
      assert.equal(error?.code, "protocol");
      assert.match(error.message, /more than 100 paths/);
    },
  );
}

for (const manner of ["killed", "frozen"] as const) {
  faultTest(
    `viewers notice a publisher that is ${manner} in mid-frame`,
    { flags: ["--quic-idle-timeout=2s", "--quic-keep-alive=700ms"] },
    async (world) => {
      await using publisher = world.run("doomed_process.ts");
      assert.equal(await publisher.next(), "in mid-frame");
      const viewer = await Viewer.open(world);
      const watching = viewer.watch();
      await viewer.firstFrame.promise;
      if (manner === "killed") await publisher.kill();
      else publisher.freeze();
      await watching;
      const outcome = viewer.groups.get(0);
      assert.ok(outcome instanceof MoqError, `${outcome}`);
      await viewer.leave();
    },
  );
}
