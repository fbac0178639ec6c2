import assert from "node:assert/strict";

/** What a program that imports `terminal.ts` writes. */
async function written(code: string): Promise<string> {
  const terminal = new URL("terminal.ts", import.meta.url);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", `import * as t from ${JSON.stringify(terminal)}; ${code}`],
  }).output();
  const decoder = new TextDecoder();
  return decoder.decode(stdout) + decoder.decode(stderr);
}

const CODEC = JSON.stringify("avc1\x1b]0;owned\x07\u009b31m");

for (const call of ["print", "say"]) {
  Deno.test(`${call}: what a peer chose steers no terminal`, async () => {
    assert.equal(
      await written(`t.${call}("codec " + ${CODEC} + "\\nnext\\n")`),
      "codec avc1 ]0;owned  31m\nnext\n",
    );
  });
}

Deno.test("showProgress: what a peer chose stays on its line", async () => {
  assert.equal(
    await written(`t.showProgress(() => "a\\nb" + ${CODEC})()`),
    "a bavc1 ]0;owned 31m\n",
  );
});
