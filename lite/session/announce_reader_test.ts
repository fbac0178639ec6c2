import assert from "node:assert/strict";
import { MoqError } from "../error.ts";
import type { ReceiveStream } from "../transport/transport.ts";
import {
  type Announcement,
  type AnnounceStart,
  encodeAnnouncement,
  encodeAnnounceOk,
} from "../wire/announce.ts";
import { AnnounceReader } from "./announce_reader.ts";
import { MessageReader } from "./streams.ts";

/** A stream of `chunks`. */
function streamOf(chunks: readonly Uint8Array[]): ReceiveStream {
  const left = [...chunks];
  return {
    read: (into) => {
      const chunk = left.shift();
      if (!chunk) return Promise.resolve(undefined);
      const bytes = new Uint8Array(
        Math.max(chunk.byteLength, into.byteLength),
      );
      bytes.set(chunk);
      return Promise.resolve(bytes.subarray(0, chunk.byteLength));
    },
    stop: () => {},
  };
}

/** Reads `announcements` where `limit` paths are allowed; returns how many events came. */
async function read(
  announcements: readonly Announcement[],
  limit: number,
): Promise<number> {
  const chunks = [
    encodeAnnounceOk({ hop: 5n, active: 0 }),
    ...announcements.map((one) => encodeAnnouncement(one, "06")),
  ];
  const reader = new MessageReader(streamOf(chunks), { version: "06" });
  const options = { version: "06", hop: 9n, limit, maxHops: 32 } as const;
  let count = 0;
  for await (const _ of new AnnounceReader(reader, options).events()) count++;
  return count;
}

function start(suffix: string, hops = 0): AnnounceStart {
  const chain = Array.from({ length: hops }, (_, i) => BigInt(i + 10));
  return { kind: "start", suffix, hops: chain, warm: 0, cold: 0 };
}

const isTooMuch = (error: unknown) =>
  error instanceof MoqError && error.code === "protocol" &&
  /exceed 4096 bytes/.test(error.message);

Deno.test("AnnounceReader: announced paths are limited in bytes", async () => {
  const [one, other] = ["a", "b"].map((name) =>
    Array(2).fill(name.repeat(1000)).join("/")
  );
  assert.equal(await read([start(one!), start(other!)], 4), 2);
  const third = start("c".repeat(200));
  await assert.rejects(read([start(one!), start(other!), third], 4), isTooMuch);
  const end = { kind: "end", id: 0 } as const;
  assert.equal(await read([start(one!), start(other!), end, third], 4), 4);
});

Deno.test("AnnounceReader: hops count against the limit in bytes", async () => {
  const path = Array(3).fill("a".repeat(1000)).join("/");
  const filler = start("b".repeat(900));
  await assert.rejects(read([start(path, 30), filler], 4), isTooMuch);
  assert.equal(await read([start(path, 2), filler], 4), 2);
  const restart = { ...start("", 30), kind: "restart", id: 0 } as const;
  await assert.rejects(read([start(path, 2), filler, restart], 4), isTooMuch);
});
