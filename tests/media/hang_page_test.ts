/**
 * Checks `docs/protocol/hang.md` against the code: each example is read, and written if
 * we write that form.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type Catalog,
  catalogOfMsf,
  CatalogProducer,
  checkCatalog,
  legacyContainer,
  locContainer,
  msfOf,
  resolveBroadcast,
} from "@moq-deno/hang";
import { deflate } from "@moq-deno/hang/deflate";
import { BroadcastProducer } from "@moq-deno/lite";
import { consumeWindow } from "@moq-deno/lite/json";

const PAGE = await Deno.readTextFile(
  new URL("../../docs/protocol/hang.md", import.meta.url),
);

/** The example with this word after its language. */
function example(name: string): unknown {
  const block = PAGE.split(`\`\`\`json ${name}\n`)[1]?.split("\n```")[0];
  return JSON.parse(block ?? "");
}

async function written(
  catalog: Catalog,
  form?: "2025" | "2025-arrays",
): Promise<unknown> {
  const broadcast = new BroadcastProducer();
  new CatalogProducer(broadcast, { form }).update(catalog);
  const group = await broadcast.consume().track("catalog.json").subscribe()
    .next();
  const { value: frame } = await group!.frames().next();
  return JSON.parse(new TextDecoder().decode(frame!.payload));
}

Deno.test("docs/protocol/hang.md: the catalog is valid and round-trips", async () => {
  const { catalog, problems } = checkCatalog(example("catalog"));
  assert.deepEqual(problems, []);
  assert.deepEqual(await written(catalog), example("catalog"));
});

for (const form of ["2025", "2025-arrays"] as const) {
  Deno.test(`docs/protocol/hang.md: the form ${form} is read and written`, async () => {
    const { catalog, problems } = checkCatalog(example(form));
    assert.deepEqual(problems, []);
    assert.deepEqual(await written(catalog, form), example(form));
  });
}

Deno.test("docs/protocol/hang.md: the paths of other broadcasts", () => {
  const rows = PAGE.matchAll(
    /^\| `(a[^`]*)` +\| `(\.[^`]*)` +\| `([^`]*)` +\|$/gm,
  );
  const cases = [...rows].map(([, base, relative, path]) => {
    assert.equal(resolveBroadcast(base!, relative!), path);
  });
  assert.equal(cases.length, 3);
});

Deno.test("docs/protocol/hang.md: the payloads of containers", () => {
  for (
    const [hex, container] of [
      ["80008235aabb", legacyContainer],
      ["051080008235aa", locContainer],
    ] as const
  ) {
    assert.ok(PAGE.includes(`\`${hex}\``));
    const [sample] = container.decode(Uint8Array.fromHex(hex));
    assert.equal(sample!.timestampUs, 33_333);
    assert.equal(container.encode(sample!).toHex(), hex);
  }
});

Deno.test("docs/protocol/hang.md: the window and the compressed frames", async () => {
  const track = new BroadcastProducer().createTrack("timeline");
  const group = track.group();
  for (const frame of example("window") as unknown[]) {
    const payload = new TextEncoder().encode(JSON.stringify(frame));
    group.writeFrame({ timestamp: 0, payload });
  }
  group.close();
  track.close();
  const events = await Array.fromAsync(consumeWindow(track.consume()));
  assert.deepEqual(events.map(({ kind }) => kind), [
    "push",
    "push",
    "push",
    "pop",
  ]);
  const inflate = deflate.inflate(100);
  for (
    const [hex, text] of [
      ["aa564a54b232ac0500", '{"a":1}'],
      ["aa065146b50000", '{"a":2}'],
      ["522ac9284a4d550200", '"three"'],
    ] as const
  ) {
    assert.ok(PAGE.includes(hex) && PAGE.includes(text));
    const frame = inflate.frame(Uint8Array.fromHex(hex));
    assert.equal(new TextDecoder().decode(frame), text);
  }
});

Deno.test("docs/protocol/hang.md: the MSF catalog is read and written", () => {
  const { catalog, problems } = catalogOfMsf(example("msf"));
  assert.deepEqual(problems, []);
  assert.deepEqual(msfOf(catalog), example("msf"));
});
