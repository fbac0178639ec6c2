/** Runs the commands of docs/authentication.md. */
import assert from "node:assert/strict";

const PAGE = new URL("../../docs/authentication.md", import.meta.url);
const TOKEN = new URL("../../relay/token_cli/main.ts", import.meta.url);
const RELAY = new URL("../../relay/main.ts", import.meta.url);

/** Writes a program at `path` that runs `command` with the program's arguments. */
async function writeProgram(path: string, command: string): Promise<void> {
  await Deno.writeTextFile(path, `#!/bin/sh\n${command}\n`, { mode: 0o755 });
}

Deno.test({
  name: "docs/authentication.md: every command works, one after the other",
  ignore: Deno.build.os === "windows",
  async fn() {
    const page = await Deno.readTextFile(PAGE);
    const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)];
    const script = blocks.map(([, block]) => block).join("\n");
    assert.match(script, /token rotate/);
    const folder = await Deno.makeTempDir();
    try {
      const deno = `exec "${Deno.execPath()}" run --quiet`;
      await Deno.mkdir(`${folder}/bin`);
      await writeProgram(
        `${folder}/bin/token`,
        `${deno} -RW "${TOKEN.pathname}" "$@"`,
      );
      // Commands that would run forever only check whether they could.
      await writeProgram(
        `${folder}/bin/moq-relay`,
        `case "$1" in auth) set -- "$@" --help;; *) set -- --check-config "$@";; esac
${deno} --unstable-net -NR "${RELAY.pathname}" "$@"`,
      );
      const { code, stdout, stderr } = await new Deno.Command("sh", {
        args: ["-eu", "-c", script],
        cwd: folder,
        env: { PATH: `${folder}/bin:${Deno.env.get("PATH")}`, NO_COLOR: "1" },
      }).output();
      const decoder = new TextDecoder();
      assert.equal(decoder.decode(stderr), "");
      assert.equal(code, 0);
      const out = decoder.decode(stdout);
      assert.match(out, /At room\/7\/alice:\npublish {4}"\*\*"/);
      assert.match(out, /"jti": "1001"/);
      assert.match(out, /Gone: |New: /);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
