/** The command line as a process: a key, a token, what is said about them, and what is not. */
import assert from "node:assert/strict";
import { type Claims, parseKeySet, TokenError } from "../token/mod.ts";
import { runTokenCommand } from "./commands.ts";

const MAIN = new URL("main.ts", import.meta.url);

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(args: readonly string[], input = ""): Promise<Ended> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", MAIN.href, ...args],
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await new Response(input).body?.pipeTo(child.stdin);
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

async function inFolder(
  test: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("token: a signed token verifies with the public key", async () => {
  await inFolder(async (folder) => {
    const [key, shown] = [`${folder}/key.jwk`, `${folder}/public.jwk`];
    const made = await run(
      ["generate", "--algorithm=ES256", "--out", key, "--public", shown],
    );
    assert.deepEqual(made, { code: 0, out: "", err: "" });
    assert.equal(((await Deno.stat(key)).mode ?? 0) & 0o777, 0o600);
    const signed = await run([
      ..."sign --root room --publish alice/** --subscribe ** --expires 1h --id 7"
        .split(" "),
      "--key",
      key,
    ]);
    assert.equal(signed.err, "");
    const [verified, looked] = await Promise.all([
      run(["verify", "--key", shown, "--path", "room/alice"], signed.out),
      run(["inspect"], signed.out),
    ]);
    assert.match(verified.out, /"put": \[\s+"alice"/);
    assert.match(verified.out, /^exp {2}20\d\d-.*Z$/m);
    assert.match(verified.out, /^publish +"\*\*"$/m);
    assert.match(looked.out, /^Not verified\n\{"alg":"ES256"/);
    const signature = signed.out.trim().split(".")[2] ?? "?";
    assert.equal((verified.out + looked.out).includes(signature), false);
  });
});

Deno.test("token verify: says which claim and why, and ends with 1", async () => {
  await inFolder(async (folder) => {
    const key = `${folder}/key.jwk`;
    await runTokenCommand(["generate", "--out", key]);
    const { out } = await run(
      ["sign", "--key", key, "--publish", "**", "--not-before", "1h"],
    );
    const refused = await run(["verify", "--key", key], out);
    assert.deepEqual([refused.code, refused.out], [1, ""]);
    assert.match(
      refused.err,
      /^Token is not valid yet: its "nbf" is 20[^\n]*\n$/,
    );
  });
});

Deno.test("token rotate: signs with the newest, verifies what is kept", async () => {
  await inFolder(async (folder) => {
    const [set, shown] = [`${folder}/keys.jwks`, `${folder}/public.jwks`];
    const rotate = async (...more: string[]): Promise<string> =>
      (await run(["rotate", "--set", set, "--public", shown, ...more])).out;
    const sign = async (): Promise<string> =>
      (await run(["sign", "--key", set, "--publish", "**"])).out.trim();
    const verify = async (token: string): Promise<Claims> =>
      await parseKeySet(await Deno.readTextFile(shown)).verify(token);
    assert.match(await rotate("--algorithm", "EdDSA"), /^New: \w{16}\n$/);
    const first = await sign();
    await rotate();
    const second = await sign();
    await verify(first);
    await verify(second);
    assert.match(await rotate(), /^New: \w{16}\nGone: \w{16}\n$/);
    await assert.rejects(verify(first), TokenError);
    await verify(second);
    const text = await Deno.readTextFile(shown);
    assert.equal(text.includes('"d"'), false);
  });
});

const MISUSES: readonly [args: string, message: RegExp][] = [
  ["generate", /expected --out or --out-dir; --out - prints the secret/],
  ["generate --out - --public -", /algorithm with a public part/],
  ["generate --out - --algorithm RS1", /^--algorithm: expected one of HS256/],
  ["generate --out - --id a/b", /name of 1 to 128/],
  ["generate --out /nowhere/key.jwk", /^Cannot write \/nowhere\/key\.jwk, /],
  ["generate --frob 1", /Unknown option '--frob'/],
  ["sign --publish **", /Expected --key/],
  ["sign --key /nowhere.jwk --publish **", /^Cannot read \/nowhere\.jwk, /],
  ["sign --key k", /expected --publish or --subscribe/],
  ["sign --key k --publish ** --expires soon", /^--expires: expected a durat/],
  ["sign --key k --publish ** --expires 1000", /time to come, got 1970-01-01/],
  ["verify --key k a b", /one token, got several/],
  ["inspect abc", /three parts of base64url/],
  ["rotate", /expected --set/],
  ["rotate --set a --keep 0", /^--keep: expected a whole number/],
  ["singn", /^Unknown command singn: did you mean sign\?/],
  ["sign --kye x", /^Unknown flag --kye: did you mean --key\?/],
  ["frobnicate", /^Unknown command frobnicate: expected one of generate, sign/],
];

for (const [line, message] of MISUSES) {
  Deno.test(`token ${line}: is one line that says what is wrong`, async () => {
    await assert.rejects(runTokenCommand(line.split(" ")), (error: Error) => {
      assert.match(error.message, message);
      return !error.message.includes("\n");
    });
  });
}

Deno.test("token generate: a key that is there is never written over", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/key.jwk`;
    await runTokenCommand(["generate", "--out", path]);
    const before = await Deno.readTextFile(path);
    await assert.rejects(
      runTokenCommand(["generate", "--out", path]),
      /is there already/,
    );
    assert.equal(await Deno.readTextFile(path), before);
  });
});
