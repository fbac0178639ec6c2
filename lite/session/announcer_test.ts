import assert from "node:assert/strict";
import { Latch } from "../latch.ts";
import { Reader } from "../bytes/cursor.ts";
import { BroadcastProducer } from "../model/broadcast.ts";
import { Origin } from "../model/origin.ts";
import type { RouteSource } from "../model/route.ts";
import type { SendStream } from "../transport/transport.ts";
import { VirtualClock } from "../transport/virtual_clock.ts";
import {
  type Announcement,
  decodeAnnounceInit,
  decodeAnnouncement,
  decodeAnnounceOk,
} from "../wire/announce.ts";
import { hasAnnounceInit, type Version } from "../wire/version.ts";
import { MoqError } from "../error.ts";
import { Announcer, AnnounceStreams } from "./announcer.ts";

const EMPTY: RouteSource = {
  covers: () => false,
  consume: () => new BroadcastProducer().consume(),
};
const ROUTE = { hops: [7n], warm: 0, cold: 0 };

/** A stream that takes one write, and the next when the test says so. */
class SlowStream implements SendStream {
  readonly stopped: Promise<undefined> = new Promise(() => {});
  readonly chunks: Uint8Array[] = [];
  isOpen = true;
  readonly #latch = new Latch();

  async ready(signal?: AbortSignal): Promise<boolean> {
    const release = signal && this.#latch.wakeOn(signal);
    while (!this.isOpen && !signal?.aborted) await this.#latch.changed();
    release?.();
    return !signal?.aborted;
  }

  /** Takes everything from now on. */
  open(): void {
    this.isOpen = true;
    this.#latch.wake();
  }

  write(chunk: Uint8Array): void {
    this.chunks.push(chunk);
  }

  close(): void {}
  reset(): void {}

  get bytes(): number {
    return this.chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }
}

/** A listing of everything in a new origin. */
class Listing {
  readonly clock = new VirtualClock();
  readonly origin = new Origin({ clock: this.clock });
  readonly stream = new SlowStream();
  readonly version: Version;
  readonly #over = new AbortController();
  #running: Promise<void> | undefined;

  constructor(version: Version = "06") {
    this.version = version;
  }

  claim(path: string): { close(): void } {
    return this.origin.claim(path, EMPTY, { ...ROUTE, hops: [...ROUTE.hops] });
  }

  start(): void {
    const context = { version: this.version, hop: 9n, clock: this.clock };
    this.#running = new Announcer(context, this.stream).run(
      { prefix: "" },
      { scope: this.origin.scope(), signal: this.#over.signal },
    );
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await this.clock.run(this.#running!);
  }

  /** What was written: how many paths the first answer says there are, and the announcements. */
  read(): { active: number; news: Announcement[] } {
    const { chunks } = this.stream;
    const whole = new Uint8Array(this.stream.bytes);
    let at = 0;
    for (const chunk of chunks) {
      whole.set(chunk, at);
      at += chunk.byteLength;
    }
    const reader = new Reader(whole);
    const first = reader.sized();
    const active = hasAnnounceInit(this.version)
      ? decodeAnnounceInit(first).length
      : decodeAnnounceOk(first).active;
    const news: Announcement[] = [];
    while (reader.remaining > 0) {
      const type = this.version === "06" ? reader.varint() : undefined;
      news.push(decodeAnnouncement(type, reader.sized(), this.version)!);
    }
    return { active, news };
  }
}

function pathsOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `room/${i}/`.padEnd(200, "x"));
}

Deno.test("Announcer: a peer that does not read gets one batch of a listing", async () => {
  const listing = new Listing();
  for (const path of pathsOf(5000)) listing.claim(path);
  listing.stream.isOpen = false;
  listing.start();
  await listing.clock.advance(10_000);
  assert.ok(listing.stream.bytes < 32 * 1024, `${listing.stream.bytes} bytes`);
  assert.equal(listing.read().active, 5000);
  listing.stream.open();
  await listing.clock.advance(10_000);
  const { news } = listing.read();
  assert.equal(news.length, 5000);
  assert.ok(news.every(({ kind }) => kind === "start"));
  await listing.stop();
});

Deno.test("Announcer: a slow peer gets the net change of each path", async () => {
  const listing = new Listing();
  let kept = listing.claim("kept");
  const gone = listing.claim("gone");
  listing.start();
  await listing.clock.advance(100);
  listing.stream.isOpen = false;
  listing.claim("news");
  await listing.clock.advance(100);
  const { bytes } = listing.stream;
  for (let i = 0; i < 20_000; i++) {
    listing.claim("brief").close();
    kept.close();
    kept = listing.claim("kept");
    if (i % 1000 === 0) await listing.clock.advance(20);
  }
  gone.close();
  await listing.clock.advance(1000);
  assert.equal(listing.stream.bytes, bytes);
  listing.stream.open();
  await listing.clock.advance(1000);
  const said = listing.read().news.slice(3).map((one) =>
    one.kind === "start" ? `start ${one.suffix}` : `${one.kind} ${one.id}`
  );
  assert.deepEqual(said.toSorted(), ["end 0", "end 1", "start kept"]);
  assert.ok(said.indexOf("end 0") < said.indexOf("start kept"));
  await listing.stop();
});

Deno.test("Announcer: 20,000 changes in a second take a hundred writes", async () => {
  const listing = new Listing();
  listing.start();
  await listing.clock.advance(100);
  for (let i = 0; i < 20_000; i++) {
    listing.claim(`brief ${i % 40}`).close();
    if (i % 20 === 0) await listing.clock.advance(1);
  }
  await listing.clock.advance(1000);
  assert.ok(listing.stream.chunks.length <= 102);
  listing.claim("last");
  await listing.clock.advance(0);
  assert.deepEqual(listing.read().news.at(-1)?.kind, "start");
  await listing.stop();
});

for (const version of ["01", "02"] as const) {
  Deno.test(`Announcer: a long listing is split into messages (draft ${version})`, async () => {
    const listing = new Listing(version);
    for (const path of pathsOf(1000)) listing.claim(path);
    listing.start();
    await listing.clock.advance(1000);
    const { active, news } = listing.read();
    assert.ok(active > 0 && active < 1000);
    assert.equal(active + news.length, 1000);
    await listing.stop();
  });
}

Deno.test("AnnounceStreams.open: a ninth stream for a prefix is refused", () => {
  const streams = new AnnounceStreams();
  const open = Array.from({ length: 8 }, () => streams.open("room", 100));
  const isLagged = (error: unknown) =>
    error instanceof MoqError && error.code === "lagged";
  assert.throws(() => streams.open("room", 100), isLagged);
  streams.open("other", 100)();
  open[0]!();
  streams.open("room", 100);
  assert.throws(
    () => streams.open("third", 8),
    (error) => error instanceof MoqError && error.code === "protocol",
  );
});
