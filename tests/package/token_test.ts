/** `@moq-deno/relay/token` outside Deno: in Node.js, and with only what edge functions have. */
import assert from "node:assert/strict";
import { ALGORITHMS } from "@moq-deno/relay/token";
import { tokenProgram } from "./token_program.ts";

/** Limits Node.js to what web pages and edge functions have. */
const EDGE = `
for (const name of ["process", "Buffer", "setImmediate", "global", "require"]) {
  delete globalThis[name];
}
`;

async function hasNode(): Promise<boolean> {
  try {
    const { success } = await new Deno.Command("node", {
      args: ["--version"],
      stdout: "null",
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const ignore = !await hasNode();
if (ignore) {
  const message = "node is missing: tokens in Node.js are not tested";
  if (Deno.env.has("CI")) throw new Error(message);
  // deno-lint-ignore no-console
  console.warn(message);
}

async function runInNode(script: string): Promise<string> {
  const child = new Deno.Command("node", {
    args: ["--input-type=module", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await new Response(script).body?.pipeTo(child.stdin);
  const { stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  assert.equal(decoder.decode(stderr), "");
  return decoder.decode(stdout).trim();
}

for (
  const [where, before] of [
    ["Node.js", ""],
    ["what edge functions have", EDGE],
  ] as const
) {
  Deno.test({
    name: `relay/token: every algorithm works in ${where}`,
    ignore,
    async fn() {
      const program = await tokenProgram();
      const out = await runInNode(
        `const { log } = console;${before}${program}\nlog(await worked);`,
      );
      assert.equal(out, ALGORITHMS.join(" "));
    },
  });
}
