/**
 * Keys and tokens of the older Rust tool `moq-token` with our code, and ours with it,
 * for every algorithm: its last release, and one from before keys had scopes.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type Algorithm,
  ALGORITHMS,
  generateKey,
  parseKey,
  TokenError,
} from "../../../relay/token/mod.ts";
import { MOQ_TOKEN_VERSIONS, moqToken } from "./install.ts";

const EXPIRES = 4_102_444_800;
const OURS = {
  root: "demo",
  publish: ["alice/**"],
  subscribe: ["**"],
  expires: EXPIRES,
};
const GRANTS = [
  ...["--root", "demo", "--publish", "alice", "--subscribe", ""],
  ...["--expires", String(EXPIRES)],
];

/** The tool of one release, with its arguments. */
interface Tool {
  /** Writes a key to `file`, and its public part, if it has one, to `shown`. */
  generate(algorithm: Algorithm, file: string, shown: string): Promise<void>;
  /** A token with {@linkcode GRANTS}. */
  sign(file: string): Promise<string>;
  /** The tool's output for a token; throws if it is not valid. */
  verify(file: string, token: string): Promise<string>;
}

async function run(
  program: string,
  args: readonly string[],
  input = "",
): Promise<string> {
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await new Response(input).body?.pipeTo(child.stdin);
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array): string =>
    new TextDecoder().decode(bytes).trim();
  if (code === 0) return text(stdout);
  throw new Error(`Expected 0 of ${program}, got ${code}: ${text(stderr)}`);
}

function toolOf(program: string, version: string): Tool {
  // Up to 0.5.5 the key came before the command.
  const isFirst = version === "0.5.5";
  const withKey = (command: string, file: string): readonly string[] =>
    isFirst ? ["--key", file, command] : [command, "--key", file];
  return {
    async generate(algorithm, file, shown) {
      const what = isFirst
        ? ["--key", file, "generate"]
        : ["generate", "--out", file];
      const publicPart = algorithm.startsWith("HS") ? [] : ["--public", shown];
      await run(program, [...what, "--algorithm", algorithm, ...publicPart]);
    },
    sign: (file) => run(program, [...withKey("sign", file), ...GRANTS]),
    verify: (file, token) => run(program, withKey("verify", file), token),
  };
}

async function inFolder(
  test: (file: string, shown: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(`${folder}/key.jwk`, `${folder}/public.jwk`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const version of MOQ_TOKEN_VERSIONS) {
  const tool = toolOf(await moqToken(version), version);

  for (const algorithm of ALGORITHMS) {
    const isShared = algorithm.startsWith("HS");

    Deno.test(`moq-token ${version}: its ${algorithm} key works in both`, async () => {
      await inFolder(async (file, shown) => {
        await tool.generate(algorithm, file, shown);
        const key = parseKey(await Deno.readTextFile(file));
        const verifier = parseKey(
          await Deno.readTextFile(isShared ? file : shown),
        );
        assert.deepEqual(await verifier.verify(await tool.sign(file)), OURS);
        const told = await tool.verify(file, await key.sign(OURS));
        assert.match(told, /alice/);
        await assert.rejects(
          tool.verify(file, await key.sign({ ...OURS, expires: 1 })),
        );
      });
    });

    Deno.test(`moq-token ${version}: our ${algorithm} key works in both`, async () => {
      await inFolder(async (file, shown) => {
        const key = await generateKey(algorithm);
        const verifier = isShared ? key : key.publicKey();
        await Deno.writeTextFile(file, key.toText());
        await Deno.writeTextFile(shown, verifier.toText());
        assert.match(await tool.verify(shown, await key.sign(OURS)), /alice/);
        assert.deepEqual(await verifier.verify(await tool.sign(file)), OURS);
      });
    });
  }

  Deno.test(`moq-token ${version}: it refuses what only patterns express`, async () => {
    await inFolder(async (file) => {
      const key = await generateKey("HS256");
      await Deno.writeTextFile(file, key.toText());
      const token = await key.sign({ subscribe: ["*/chat"] });
      await assert.rejects(tool.verify(file, token));
    });
  });
}

Deno.test("moq-token 0.5.5: we refuse a token for a node of a cluster", async () => {
  await inFolder(async (file) => {
    const program = await moqToken("0.5.5");
    const key = await generateKey("HS256");
    await Deno.writeTextFile(file, key.toText());
    const args = ["--key", file, "sign", "--cluster", "--publish", ""];
    const token = await run(program, args);
    await assert.rejects(key.verify(token), (error: Error) => {
      assert.ok(error instanceof TokenError);
      return /cluster/.test(error.message);
    });
  });
});
