import assert from "node:assert/strict";
import fc from "fast-check";
import { MoqError } from "@moq-deno/lite";
import { readPlaylist } from "./read_playlist.ts";

const URL = "https://a.test/live/list.m3u8";

Deno.test("readPlaylist reads numbers, ranges, maps and discontinuities", () => {
  const playlist = readPlaylist(
    `#EXTM3U
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:2
#EXT-X-MAP:URI="init.mp4",BYTERANGE="100@20"
#EXTINF:4,A title, with a comma
#EXT-X-BYTERANGE:10@5
all.mp4
#EXTINF:3.5,
#EXT-X-BYTERANGE:30
all.mp4
#EXT-X-DISCONTINUITY
#EXTINF:1,
/other.mp4
# a comment
#EXT-X-ENDLIST
`,
    URL,
  );
  assert.equal(playlist.kind, "media");
  const map = {
    url: "https://a.test/live/init.mp4",
    range: { offset: 20, length: 100 },
  };
  assert.deepEqual(playlist.kind === "media" && playlist.segments, [
    {
      url: "https://a.test/live/all.mp4",
      range: { offset: 5, length: 10 },
      sequence: 7,
      discontinuity: 2,
      durationUs: 4_000_000,
      map,
      problem: undefined,
    },
    {
      url: "https://a.test/live/all.mp4",
      range: { offset: 15, length: 30 },
      sequence: 8,
      discontinuity: 2,
      durationUs: 3_500_000,
      map,
      problem: undefined,
    },
    {
      url: "https://a.test/other.mp4",
      range: undefined,
      sequence: 9,
      discontinuity: 3,
      durationUs: 1_000_000,
      map,
      problem: undefined,
    },
  ]);
});

Deno.test("readPlaylist: any lines give a playlist or MoqError", () => {
  const line = fc.oneof(
    fc.constantFrom(
      "#EXT-X-STREAM-INF:BANDWIDTH=1",
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",URI="a.m3u8"',
      "#EXT-X-TARGETDURATION:2",
      "#EXT-X-MEDIA-SEQUENCE:99999999999999999999",
      "#EXT-X-BYTERANGE:4@",
      "#EXTINF:1e9,",
      "#EXTINF:-1",
      '#EXT-X-MAP:URI="',
      "#EXT-X-KEY:METHOD=AES-128",
      "file:///etc/passwd",
      "//other.test/a.ts",
      "data:,",
      "a.ts",
    ),
    fc.string({ maxLength: 40 }),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
      let named: readonly string[];
      try {
        const read = readPlaylist(`#EXTM3U\n${lines.join("\n")}`, URL);
        named = read.kind === "media"
          ? read.segments.flatMap((one) => [one.url, one.map?.url ?? URL])
          : read.playlists;
      } catch (error) {
        assert.ok(error instanceof MoqError, String(error));
        return;
      }
      for (const url of named) assert.match(url, /^https?:\/\//);
    }),
  );
});
