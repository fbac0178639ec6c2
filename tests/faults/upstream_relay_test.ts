/** A dialled relay that misbehaves: its link ends or stays, and other peers are not affected. */
import assert from "node:assert/strict";
import { MoqError, type Session, sleep, systemClock } from "@moq-deno/lite";
import { Child } from "../integration/process/child.ts";
import {
  type LyingSettings,
  type LyingState,
  type Manner,
  MANNERS,
} from "./lying_manners.ts";
import { DOOMED, DOOMED_TOO, DOOMED_TRACK } from "./steady.ts";
import { World } from "./world.ts";

const FILE = new URL("lying_process.ts", import.meta.url);
const POLL_MS = 50;
const PATIENCE_MS = 60_000;
const MEGABYTE = 1_000_000;
const MANY = 100_000;
/** Allowed memory for a hundred thousand broadcasts, and for temporary data. */
const MAX_GROWTH_MB = 400;

/** A relay that misbehaves, one that dials it, and an audience of another broadcast. */
class Scene {
  readonly world: World;
  readonly #liar: Child;

  constructor(world: World, liar: Child) {
    this.world = world;
    this.#liar = liar;
  }

  /** The state of the misbehaving relay. */
  liar(): Promise<LyingState> {
    return this.#liar.ask("state");
  }

  /** A session that knows the misbehaving relay's broadcast. */
  async viewer(path: string = DOOMED): Promise<Session> {
    const session = await this.world.connect("moqt");
    for await (const { kind } of session.announced(path)) {
      if (kind === "start") break;
    }
    return session;
  }

  /** Waits until the misbehaving relay's state satisfies `isAsExpected`. */
  async until(
    isAsExpected: (state: LyingState) => boolean,
  ): Promise<LyingState> {
    const start = performance.now();
    for (;;) {
      const state = await this.liar();
      if (isAsExpected(state)) return state;
      const shown = JSON.stringify(state);
      assert.ok(performance.now() - start < PATIENCE_MS, shown);
      await sleep(systemClock, POLL_MS);
    }
  }

  /** Waits until a metric without labels has this value. */
  async untilMetric(name: string, wanted: number): Promise<void> {
    const url = `http://127.0.0.1:${this.world.port}/metrics`;
    const start = performance.now();
    for (;;) {
      const text = await (await fetch(url)).text();
      const [, value] = new RegExp(`^${name} (\\S+)$`, "m").exec(text) ?? [];
      if (Number(value) === wanted) return;
      assert.ok(performance.now() - start < PATIENCE_MS, `${name} ${value}`);
      await sleep(systemClock, POLL_MS);
    }
  }

  /** Waits until the link has ended, with this reason in the log. */
  async ended(why: string): Promise<void> {
    await this.world.until(
      "the link is ended",
      ({ complaints }) =>
        complaints.some(({ message, reason }) =>
          message === "peer lost" && reason.includes(why)
        ),
    );
  }
}

function scene(manner: Manner, fn: (scene: Scene) => Promise<void>): void {
  const end = MANNERS[manner] === "stays" ? "is left alone" : "is ended";
  Deno.test(`upstream relay with ${manner} ${end}`, async () => {
    const settings: LyingSettings = { manner };
    await using liar = new Child(FILE, settings);
    const url = await liar.next<string>();
    await using world = await World.open({
      flags: [`--cluster-connect=${url}`, "--cluster-linger=0s"],
    });
    await fn(new Scene(world, liar));
    const { complaints } = await world.state();
    if (end === "is left alone") assert.deepEqual(complaints, []);
    await liar.kill();
    await world.unharmed();
  });
}

/** Reads the misbehaving relay's track up to `sequence`; returns the complete groups. */
async function whole(session: Session, sequence: number): Promise<number[]> {
  const track = session.consume(DOOMED).track(DOOMED_TRACK);
  const sequences: number[] = [];
  for await (const group of track.subscribe({ maxAgeMs: PATIENCE_MS })) {
    if (group.sequence < sequence) continue;
    await Array.fromAsync(group.frames());
    sequences.push(group.sequence);
    break;
  }
  return sequences;
}

for (
  const manner of [
    "groups that end in mid-frame",
    "groups that stall in mid-frame",
    "frames of 2^40 bytes",
  ] as const
) {
  scene(manner, async (scene) => {
    const viewer = await scene.viewer();
    assert.deepEqual(await whole(viewer, 10), [10]);
    viewer.close();
    await viewer.closed;
  });
}

scene("hops with the relay itself", async (scene) => {
  const viewer = await scene.viewer(DOOMED_TOO);
  const track = viewer.consume(DOOMED).track(DOOMED_TRACK);
  await assert.rejects(track.info(), MoqError);
  viewer.close();
  await viewer.closed;
});

scene("properties of a track that never come", async (scene) => {
  const viewer = await scene.viewer();
  const track = viewer.consume(DOOMED).track(DOOMED_TRACK);
  await assert.rejects(track.info(), MoqError);
  viewer.close();
  await viewer.closed;
});

scene("an answer to SUBSCRIBE that never comes", async (scene) => {
  const viewer = await scene.viewer();
  const track = viewer.consume(DOOMED).track(DOOMED_TRACK);
  await track.info();
  const groups = track.subscribe();
  await scene.world.until(
    "the relay asks for the track",
    ({ subscriptions }) => subscriptions === 2,
  );
  groups.close();
  viewer.close();
  await viewer.closed;
});

scene("100,000 broadcasts", async (scene) => {
  const { relay } = scene.world;
  const { residentBytes: before } = await relay.usage();
  await scene.untilMetric("moq_relay_broadcasts", MANY + 1);
  const { residentBytes: after } = await relay.usage();
  const grown = (after - before) / MEGABYTE;
  assert.ok(grown < MAX_GROWTH_MB, `${grown} MB`);
});

scene("a broadcast that starts and ends without end", async (scene) => {
  const { relay } = scene.world;
  await scene.until(({ flickers }) => flickers > MANY / 10);
  const { residentBytes: before } = await relay.usage();
  await scene.until(({ flickers }) => flickers > MANY);
  const { residentBytes: after } = await relay.usage();
  const grown = (after - before) / MEGABYTE;
  assert.ok(grown < MAX_GROWTH_MB, `${grown} MB`);
});

for (
  const manner of [
    "100,001 broadcasts",
    "starts without an end",
    "ends without a start",
    "an announcement of 2^40 bytes",
    "an announcement longer than it says",
    "an announcement shorter than it says",
    "2^30 hops",
    "1000 hops",
    "a hop twice",
  ] as const
) {
  scene(manner, async (scene) => {
    await scene.ended(MANNERS[manner]);
    const { dialledMs } = await scene.until(({ dialledMs }) =>
      dialledMs.length >= 4
    );
    // At least half of 250, 500 and 1000 ms.
    const [first = 0, , , fourth = 0] = dialledMs;
    assert.ok(fourth - first >= 875, `${dialledMs}`);
  });
}

for (
  const manner of [
    "properties of a track longer than they say",
    "properties of a track of 2^40 bytes",
    "an answer to SUBSCRIBE of 2^40 bytes",
  ] as const
) {
  scene(manner, async (scene) => {
    const viewer = await scene.viewer();
    const groups = viewer.consume(DOOMED).track(DOOMED_TRACK).subscribe();
    const reading = groups.next().catch(expected);
    await scene.ended(MANNERS[manner]);
    await scene.until(({ dialledMs }) => dialledMs.length >= 2);
    groups.close();
    await reading;
    viewer.close();
    await viewer.closed;
  });
}

function expected(error: unknown): void {
  assert.ok(error instanceof MoqError);
}
