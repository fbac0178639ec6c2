import assert from "node:assert/strict";
import vectors from "./vectors/containers.json" with {
  type: "json",
};
import { openCmaf } from "../../hang/container/cmaf.ts";
import { legacyContainer } from "../../hang/container/legacy.ts";
import { locContainer } from "../../hang/container/loc.ts";
import type { Container, Sample } from "../../hang/container/sample.ts";

type Vector = (typeof vectors)[number];

function containerOf({ container, init }: Vector): Container {
  if (container === "legacy") return legacyContainer;
  if (container === "loc") return locContainer;
  return openCmaf(Uint8Array.fromHex(init!));
}

for (const [index, vector] of vectors.entries()) {
  const { container: kind, name, hex, samples, decodeOnly } = vector;
  Deno.test(`vector ${index} of containers.json: ${kind}, ${name ?? hex}`, () => {
    const container = containerOf(vector);
    const payload = Uint8Array.fromHex(hex);
    const expected: readonly Sample[] = samples.map((sample) => ({
      ...sample,
      data: Uint8Array.fromHex(sample.data),
    }));
    assert.deepEqual(container.decode(payload), expected);
    if (decodeOnly !== undefined) return;
    assert.deepEqual(
      expected.map((sample) => container.encode(sample).toHex()),
      [hex],
    );
  });
}
