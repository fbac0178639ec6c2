import assert from "node:assert/strict";
import { openSource } from "./file_source.ts";

async function withPipe(
  run: (path: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/live`;
    const { success } = await new Deno.Command("mkfifo", { args: [path] })
      .output();
    assert.ok(success);
    await run(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const ignore = Deno.build.os === "windows";

Deno.test({
  name: "openSource: a named pipe is a stream, a file is read at any place",
  ignore,
  fn: () =>
    withPipe(async (path) => {
      const never = new AbortController().signal;
      const opening = openSource(path, never);
      const written = Deno.writeFile(path, Uint8Array.of(1, 2, 3));
      const stream = await opening;
      assert.ok(stream instanceof ReadableStream);
      await written;
      const bytes = await new Response(stream).bytes();
      assert.deepEqual(bytes, Uint8Array.of(1, 2, 3));
      await Deno.writeFile(`${path}.file`, bytes);
      const file = await openSource(`${path}.file`, never);
      assert.ok(!(file instanceof ReadableStream));
      assert.equal(file.size, 3);
      file[Symbol.dispose]();
    }),
});

Deno.test({
  name:
    "openSource: the wait for the writer of a named pipe ends at the signal",
  ignore,
  fn: () =>
    withPipe(async (path) => {
      const stop = new AbortController();
      const opening = openSource(path, stop.signal);
      const reason = new Error("enough");
      stop.abort(reason);
      await assert.rejects(opening, reason);
      // What was left waiting is released.
      await Deno.writeFile(path, Uint8Array.of(1));
    }),
});
