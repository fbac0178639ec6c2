import assert from "node:assert/strict";
import { SILENT } from "@moq-deno/lite/internal";
import type { VideoConfig } from "../../catalog/catalog.ts";
import { type DecoderSupport, isSameChoice, playableVideo } from "./select.ts";

const SIZES = { small: [320, 180], large: [1280, 720] } as const;

function config(
  size: keyof typeof SIZES,
  more: Partial<VideoConfig> = {},
): VideoConfig {
  const [codedWidth, codedHeight] = SIZES[size];
  return { codec: "vp8", codedWidth, codedHeight, ...more };
}

/** Decodes what is not called "odd", and does not even understand "broken". */
const support: DecoderSupport<VideoDecoderConfig> = {
  isConfigSupported({ codec }) {
    if (codec === "broken") return Promise.reject(new TypeError("Invalid"));
    return Promise.resolve({ supported: codec !== "odd" });
  },
};

async function names(
  renditions: Record<string, VideoConfig>,
): Promise<readonly string[]> {
  const choices = await playableVideo(renditions, { support, log: SILENT });
  return choices.map(({ name }) => name);
}

Deno.test("playableVideo: decodable renditions, smallest first", async () => {
  const small = config("small");
  const large = config("large");
  assert.deepEqual(await names({ large, small }), ["small", "large"]);
  for (
    const flaw of [
      { codec: "odd" },
      { codec: "broken" },
      { container: { kind: "future" } },
      { container: { kind: "cmaf", init: "AAAA" } },
    ]
  ) {
    assert.deepEqual(
      await names({ large: { ...large, ...flaw }, small }),
      ["small"],
    );
  }
  assert.deepEqual(
    await playableVideo({ large }, { support: undefined, log: SILENT }),
    [],
  );
});

Deno.test("isSameChoice: compares the description, not the bitrate", async () => {
  const choose = async (more: Partial<VideoConfig>) =>
    (await playableVideo({ v: config("small", more) }, {
      support,
      log: SILENT,
    }))[0];
  const one = await choose({ bitrate: 1 });
  assert.equal(isSameChoice(one, await choose({ bitrate: 2 })), true);
  assert.equal(isSameChoice(one, await choose({ description: "00" })), false);
  assert.equal(isSameChoice(one, await choose({ broadcast: "../x" })), false);
  assert.equal(isSameChoice(one, undefined), false);
  assert.equal(isSameChoice(undefined, undefined), true);
});
