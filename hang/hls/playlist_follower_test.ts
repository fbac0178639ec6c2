import assert from "node:assert/strict";
import { VirtualClock } from "@moq-deno/lite/testing";
import { PlaylistFollower } from "./playlist_follower.ts";

const MINUTE_MS = 60_000;

Deno.test("PlaylistFollower: no target duration makes it ask too often or never", async () => {
  for (
    const [target, least, most] of [
      ["0", 300, 1201],
      ["2", 300, 1201],
      ["1000000000", 10, 11],
    ] as const
  ) {
    const clock = new VirtualClock();
    const stop = new AbortController();
    let requests = 0;
    const text = `#EXTM3U\n#EXT-X-TARGETDURATION:${target}\n#EXTINF:2,\na.ts\n`;
    const follower = new PlaylistFollower("http://example.com/a.m3u8", {
      files: {
        read(url) {
          requests++;
          const bytes = new TextEncoder().encode(text);
          return Promise.resolve({ bytes, url });
        },
      },
      clock,
      log: {},
    });
    const segments = Array.fromAsync(follower.segments(stop.signal));
    await clock.advance(10 * MINUTE_MS);
    stop.abort();
    await assert.rejects(segments);
    assert.ok(requests >= least && requests <= most, `${requests} requests`);
  }
});
