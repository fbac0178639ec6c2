import assert from "node:assert/strict";
import { writeMultivariant } from "./playlist.ts";

Deno.test("writeMultivariant groups sound by codec, and quotes names", () => {
  const text = writeMultivariant([
    {
      name: "hd",
      uri: "video/hd/media.m3u8",
      config: {
        codec: "avc3.64001f",
        codedWidth: 1280,
        codedHeight: 720,
        framerate: 30000 / 1001,
      },
      bandwidthBps: 2_000_000.2,
    },
    {
      name: 'en"\n#EXT-X-ENDLIST',
      uri: "audio/en/media.m3u8",
      config: { codec: "opus", sampleRate: 48_000, numberOfChannels: 2 },
      bandwidthBps: 96_000,
    },
    {
      name: "aac",
      uri: "audio/aac/media.m3u8",
      config: {
        codec: "mp4a.40.2",
        sampleRate: 44_100,
        numberOfChannels: 1,
        label: "Ton",
      },
      bandwidthBps: 64_000,
    },
  ]);
  assert.equal(
    text,
    `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio1",NAME="en  #EXT-X-ENDLIST",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio/en/media.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio2",NAME="Ton",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="1",URI="audio/aac/media.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=2096001,CODECS="avc1.64001f,opus",RESOLUTION=1280x720,FRAME-RATE=29.970,AUDIO="audio1"
video/hd/media.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2064001,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970,AUDIO="audio2"
video/hd/media.m3u8
`,
  );
});
