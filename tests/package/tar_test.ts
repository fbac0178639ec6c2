import assert from "node:assert/strict";
import { readTar } from "./tar.ts";

const BLOCK = 512;

interface Entry {
  readonly size: string;
  readonly type: "0" | "5";
}

function entry(name: string, { size, type }: Entry): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(BLOCK);
  const put = (at: number, text: string): void =>
    header.set(new TextEncoder().encode(text), at);
  put(0, name);
  put(124, size);
  put(156, type);
  put(345, "lite");
  return header;
}

Deno.test("readTar() finds files under their prefix, skips folders", async () => {
  const tar = await new Blob([
    entry("wire/", { size: "0", type: "5" }),
    entry("mod.ts", { size: "3", type: "0" }),
    new Uint8Array(BLOCK).fill(7),
    new Uint8Array(2 * BLOCK),
  ]).bytes();
  const files = [...readTar(tar)];
  assert.deepEqual(files, [["/lite/mod.ts", new Uint8Array([7, 7, 7])]]);
});

Deno.test("readTar() refuses a truncated archive or an invalid size", () => {
  for (const size of ["1000", "x"]) {
    assert.throws(
      () => readTar(entry("mod.ts", { size, type: "0" })),
      RangeError,
    );
  }
});
