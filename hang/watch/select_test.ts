import assert from "node:assert/strict";
import { SILENT } from "@moq-deno/lite";
import type { VideoConfig } from "../catalog/catalog.ts";
import { chooseVideo, type DecoderSupport, isSameChoice } from "./select.ts";

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

async function chosen(
  renditions: Record<string, VideoConfig>,
): Promise<string | undefined> {
  return (await chooseVideo(renditions, { support, log: SILENT }))?.name;
}

Deno.test("chooseVideo: the largest that decodes, in a container that is known, of this broadcast", async () => {
  const small = config("small");
  const large = config("large");
  assert.equal(await chosen({ small, large }), "large");
  for (
    const flaw of [
      { codec: "odd" },
      { codec: "broken" },
      { container: { kind: "future" } },
      { container: { kind: "cmaf", init: "AAAA" } },
      { broadcast: "../other" },
      { stalled: true },
    ]
  ) {
    assert.equal(
      await chosen({ large: { ...large, ...flaw }, small }),
      "small",
    );
  }
  assert.equal(await chosen({ large: { ...large, stalled: true } }), "large");
  assert.equal(
    await chosen({ odd: config("large", { codec: "odd" }) }),
    undefined,
  );
  assert.equal(
    await chooseVideo({ large }, { support: undefined, log: SILENT }),
    undefined,
  );
});

Deno.test("isSameChoice: a new bitrate is no reason to begin again, a new description is", async () => {
  const choose = async (more: Partial<VideoConfig>) =>
    await chooseVideo({ v: config("small", more) }, { support, log: SILENT });
  const one = await choose({ bitrate: 1 });
  assert.equal(isSameChoice(one, await choose({ bitrate: 2 })), true);
  assert.equal(isSameChoice(one, await choose({ description: "00" })), false);
  assert.equal(isSameChoice(one, undefined), false);
  assert.equal(isSameChoice(undefined, undefined), true);
});
