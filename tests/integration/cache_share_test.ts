/** Publishers that share one relay's cache. */
import assert from "node:assert/strict";
import {
  BroadcastProducer,
  Cache,
  type GroupConsumer,
  MoqError,
  openSession,
  Origin,
  type Session,
  type TrackProducer,
} from "@moq-deno/lite";
import { memoryPair, VirtualClock } from "@moq-deno/lite/testing";

const CAPACITY_BYTES = 100_000;

interface Publisher {
  readonly broadcast: BroadcastProducer;
  readonly sessions: readonly Session[];
  readonly warnings: readonly string[];
}

/** Publishes a broadcast at `path` of the relay behind `origin`. */
function publisher(
  origin: Origin,
  path: string,
  clock: VirtualClock,
): Publisher {
  const warnings: string[] = [];
  const [near, far] = memoryPair({ protocol: "moq-lite-06" });
  const relay = openSession(far, {
    clock,
    cache: origin.cache,
    readable: origin.scope(),
    writable: origin.scope(),
    log: { warn: (message) => void warnings.push(message) },
  });
  const session = openSession(near, { clock });
  const broadcast = new BroadcastProducer();
  session.publish(path, broadcast);
  return { broadcast, sessions: [relay, session], warnings };
}

function write(track: TrackProducer, bytes: number): void {
  track.group().writeFrame({ timestamp: 0, payload: new Uint8Array(bytes) });
}

async function fateOf(group: GroupConsumer): Promise<string> {
  try {
    for await (const { payload } of group.frames()) {
      return `${payload.byteLength} bytes`;
    }
    return "empty";
  } catch (error) {
    return error instanceof MoqError ? error.code : "unknown";
  }
}

Deno.test("Session: a publisher that fills the cache loses its own groups", async () => {
  const clock = new VirtualClock();
  const cache = new Cache({ clock, capacityBytes: CAPACITY_BYTES });
  const origin = new Origin({ clock, cache });
  const small = publisher(origin, "small", clock);
  const large = publisher(origin, "large", clock);
  await clock.advance(100);
  const read = (path: string, name: string) =>
    origin.consume(path).track(name).subscribe();
  const other = small.broadcast.createTrack("video");
  const others = read("small", "video");
  write(other, 10_000);
  const tracks = Array.from(
    { length: 6 },
    (_, i) => large.broadcast.createTrack(`${i}`),
  );
  const readers = tracks.map(({ name }) => read("large", name));
  await clock.advance(100);
  const groups: GroupConsumer[] = [];
  for (const [i, track] of tracks.entries()) {
    write(track, 30_000);
    await clock.advance(100);
    assert.ok(cache.bytes <= CAPACITY_BYTES, `${cache.bytes} bytes`);
    groups.push(readers[i]!.tryNext()!);
  }
  const fates = await Promise.all(groups.map(fateOf));
  const whole = "30000 bytes";
  assert.deepEqual(
    fates,
    ["evicted", "evicted", "evicted", "evicted", whole, whole],
  );
  assert.equal(await fateOf(others.tryNext()!), "10000 bytes");
  assert.deepEqual(small.warnings, []);
  assert.equal(large.warnings.length, 1);
  // The track continues with its next group.
  write(tracks[0]!, 1000);
  await clock.advance(100);
  assert.equal(await fateOf(readers[0]!.tryNext()!), "1000 bytes");
  for (const reader of [...readers, others]) reader.close();
  const sessions = [small, large].flatMap(({ sessions }) => sessions);
  for (const session of sessions) session.close();
  await clock.run(Promise.all(sessions.map(({ closed }) => closed)));
});
