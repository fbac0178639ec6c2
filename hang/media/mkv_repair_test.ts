import assert from "node:assert/strict";
import fc from "fast-check";
import { MoqError } from "@moq-deno/lite";
import { headerAt, voidHeader } from "./ebml.ts";
import { repairedMatroska } from "./mkv_repair.ts";
import { MatroskaRepair } from "./mkv_repair_stream.ts";
import { openMedia } from "./open.ts";

/** An element; of unknown size when `size` says so. */
function element(
  id: string,
  body: Uint8Array,
  { isOpen = false } = {},
): Uint8Array {
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, BigInt(body.byteLength));
  size[0] = 1;
  if (isOpen) size.fill(0xff, 1);
  return joined([Uint8Array.fromHex(id), size, body]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((n, p) => n + p.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

const HEAD = element("1a45dfa3", new Uint8Array(5));
const INFO = element("1549a966", new Uint8Array(9));
const block = (fill: number): Uint8Array =>
  element("a3", new Uint8Array(40).fill(fill));

function cluster(fill: number, isOpen = false): Uint8Array {
  const time = element("e7", Uint8Array.of(1));
  return element("1f43b675", joined([time, block(fill)]), { isOpen });
}

function file(parts: readonly Uint8Array[], isOpen = false): Uint8Array {
  return joined([HEAD, element("18538067", joined(parts), { isOpen })]);
}

const GARBAGE = new Uint8Array(100).fill(0x42);

function access(bytes: Uint8Array) {
  return {
    size: bytes.byteLength,
    read: (start: number, end: number) =>
      Promise.resolve(bytes.subarray(start, end)),
  };
}

/** The ids of all that stands at the top of the segment. */
function partsOf(bytes: Uint8Array): readonly string[] {
  const ids: string[] = [];
  const ebml = headerAt(bytes)!;
  const start = ebml.headerBytes + ebml.size!;
  const segment = headerAt(bytes, start)!;
  for (let at = start + segment.headerBytes; at < bytes.byteLength;) {
    const header = headerAt(bytes, at);
    if (!header) return [...ids, "garbage"];
    ids.push(header.id.toString(16));
    if (header.size === undefined) return ids;
    at += header.headerBytes + header.size;
  }
  return ids;
}

async function streamed(bytes: Uint8Array, step: number): Promise<Uint8Array> {
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.byteLength; at += step) {
        controller.enqueue(bytes.slice(at, at + step));
      }
      controller.close();
    },
  });
  const pieces = source.pipeThrough(new MatroskaRepair());
  return joined(await Array.fromAsync(pieces));
}

Deno.test("voidHeader: an element of exactly so many bytes", () => {
  for (const bytes of [2, 3, 8, 9, 10, 127, 128, 70_000, 2 ** 33]) {
    const header = headerAt(voidHeader(bytes))!;
    assert.equal(header.id, 0xec);
    assert.equal(header.headerBytes + header.size!, bytes);
  }
});

/** The repaired file, and the bytes of damage in it. */
async function repaired(
  bytes: Uint8Array,
): Promise<{ readonly read: Uint8Array; readonly damaged: number }> {
  let damaged = 0;
  const file = await repairedMatroska(access(bytes), (n) => damaged += n);
  const read = await file.read(0, bytes.byteLength);
  assert.equal(read.byteLength, bytes.byteLength);
  const inPieces = joined([
    await file.read(0, 77),
    await file.read(77, 123),
    await file.read(123, bytes.byteLength),
  ]);
  assert.deepEqual(inPieces, read);
  return { read, damaged };
}

Deno.test("repairedMatroska: garbage is an element of nothing", async () => {
  for (const isOpen of [false, true]) {
    const bytes = file([INFO, cluster(1, isOpen), GARBAGE, cluster(2)]);
    const { read, damaged } = await repaired(bytes);
    assert.equal(damaged, GARBAGE.byteLength);
    if (isOpen) continue;
    assert.deepEqual(partsOf(read), ["1549a966", "1f43b675", "ec", "1f43b675"]);
  }
});

Deno.test("repairedMatroska: garbage to the end, of any length", async () => {
  for (let length = 0; length < 40; length++) {
    const bytes = file([INFO, cluster(1), GARBAGE.subarray(0, length)]);
    const { read } = await repaired(bytes);
    const last = length < 2 ? [] : ["ec"];
    const parts = partsOf(read).filter((id) => id !== "garbage");
    assert.deepEqual(parts, ["1549a966", "1f43b675", ...last], `${length}`);
  }
});

Deno.test("repairedMatroska: a whole file is as it was", async () => {
  const whole = file([INFO, cluster(1), cluster(2, true)], true);
  const { read, damaged } = await repaired(whole);
  assert.deepEqual(read, whole);
  assert.equal(damaged, 0);
});

Deno.test("repairedMatroska: the rest of a cluster behind damage, wherever it is", async () => {
  for (const parts of [[cluster(1), cluster(2)], [cluster(2), cluster(1)]]) {
    const bytes = file([INFO, ...parts]);
    const at = bytes.indexOf(1, 60);
    const block = bytes.findIndex((byte, i) => byte === 0xa3 && i > at);
    bytes.fill(0, block, block + 3);
    const { read, damaged } = await repaired(bytes);
    assert.equal(damaged, 49);
    assert.deepEqual(partsOf(read), ["1549a966", "1f43b675", "1f43b675"]);
    assert.equal(headerAt(read, block)!.id, 0xec);
  }
});

Deno.test("repairedMatroska: of a cluster that is cut off its whole blocks", async () => {
  const two = element("1f43b675", joined([block(1), block(2)]));
  const cut = joined([HEAD, INFO, two]).byteLength + 12 - 20;
  const bytes = file([INFO, two]).subarray(0, cut);
  const { read, damaged } = await repaired(bytes);
  assert.equal(damaged, 49 - 20);
  const at = HEAD.byteLength + 12 + INFO.byteLength;
  const header = headerAt(read, at)!;
  assert.equal(header.id, 0x1f43b675);
  assert.equal(at + header.headerBytes + header.size!, bytes.byteLength);
  assert.equal(headerAt(read, at + 12 + 49)!.id, 0xec);
});

Deno.test("repairedMatroska: a cluster with too large a size ends with the next", async () => {
  const bytes = file([INFO, cluster(1), cluster(2), cluster(3)]);
  const at = HEAD.byteLength + 12 + INFO.byteLength;
  bytes[at + 11]! += 30;
  const { read, damaged } = await repaired(bytes);
  assert.equal(damaged, 0);
  assert.deepEqual(read, file([INFO, cluster(1), cluster(2), cluster(3)]));
});

Deno.test("MatroskaRepair drops the damaged rest of a cluster, however chunked", async () => {
  const bytes = file([INFO, cluster(1), cluster(2)]);
  const at = HEAD.byteLength + 12 + INFO.byteLength + 12 + 10;
  assert.equal(bytes[at], 0xa3);
  bytes.fill(0, at, at + 3);
  const expected = bytes.slice();
  expected.set(voidHeader(49), at);
  for (const step of [1, 2, 3, 7, 11, 64, 10_000]) {
    assert.deepEqual(await streamed(bytes, step), expected, `${step}`);
  }
});

Deno.test("MatroskaRepair: leaves garbage out, whatever the chunks", async () => {
  const whole = file([INFO, cluster(1), cluster(2), cluster(3, true)], true);
  const broken = file([
    INFO,
    GARBAGE,
    cluster(1),
    cluster(2),
    GARBAGE,
    cluster(3, true),
    GARBAGE,
  ], true);
  for (const step of [1, 2, 3, 7, 11, 64, 10_000]) {
    assert.deepEqual(await streamed(broken, step), whole, `${step}`);
    assert.deepEqual(await streamed(whole, step), whole, `${step}`);
    assert.deepEqual(await streamed(GARBAGE, step), GARBAGE, `${step}`);
  }
});

Deno.test("openMedia: damaged Matroska gives packets or MoqError", async () => {
  const good = file([INFO, cluster(1), cluster(2), cluster(3, true)], true);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(good.byteLength - 1),
      fc.nat(120),
      fc.constantFrom(0, 0x42, 0xff),
      fc.boolean(),
      async (from, length, fill, isStream) => {
        const bytes = good.slice();
        bytes.fill(fill, from, from + length);
        const source = isStream ? new Blob([bytes]).stream() : bytes;
        try {
          const media = await openMedia(source);
          media.close();
        } catch (error) {
          assert.ok(error instanceof MoqError, String(error));
        }
      },
    ),
    { numRuns: 150 },
  );
});
