/** Runs the section "From nothing to two regions" of docs/operating.md. */
import assert from "node:assert/strict";

const ROOT = new URL("../../", import.meta.url).pathname;
const PROGRAMS = [
  ["moq-relay", "relay/main.ts"],
  ["hang", "hang/cli/main.ts"],
] as const;
const PAGE = new URL("../../docs/operating.md", import.meta.url);

function freePorts(): readonly number[] {
  const listeners = [0, 0].map((port) =>
    Deno.listen({ hostname: "127.0.0.1", port })
  );
  const ports = listeners.map(({ addr }) => addr.port);
  for (const listener of listeners) listener.close();
  return ports;
}

/** The commands of the section, with ports that are free here. */
async function scriptOf(): Promise<string> {
  const page = await Deno.readTextFile(PAGE);
  const [, rest = ""] = page.split("### From nothing to two regions");
  const [section = ""] = rest.split("\n### ");
  const blocks = [...section.matchAll(/^```sh\n(.*?)^```$/gms)];
  const script = blocks.map(([, block]) => block).join("\n");
  assert.match(script, /cluster\.jwt/);
  const [one, other] = freePorts();
  return script.replaceAll(":4443", `:${one}`).replaceAll(":4444", `:${other}`);
}

Deno.test({
  name: "docs/operating.md: from nothing to two regions, every command",
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      await Deno.mkdir(`${folder}/bin`);
      for (const [name, file] of PROGRAMS) {
        const command =
          `exec "${Deno.execPath()}" run --quiet --unstable-net -A "${ROOT}${file}" "$@"`;
        await Deno.writeTextFile(
          `${folder}/bin/${name}`,
          `#!/bin/sh\n${command}\n`,
          { mode: 0o755 },
        );
      }
      await Deno.symlink(`${ROOT}examples`, `${folder}/examples`);
      // Background processes end with the script.
      const script =
        `trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n${await scriptOf()}`;
      const { code, stderr } = await new Deno.Command("bash", {
        args: ["-eu", "-c", script],
        cwd: folder,
        env: {
          PATH: `${folder}/bin:${Deno.env.get("PATH")}`,
          NO_COLOR: "1",
          MOQ_LOG_LEVEL: "warn",
        },
      }).output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      const { size } = await Deno.stat(`${folder}/received.mp4`);
      assert.ok(size > 100_000, `received ${size} bytes`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
