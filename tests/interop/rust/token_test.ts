/**
 * Keys, tokens and auth servers of the Rust tools and ours, each with the other's.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { MoqError } from "@moq-deno/lite";
import { fetchCertificateHash, SILENT } from "@moq-deno/lite/internal";
import { connect } from "@moq-deno/lite/deno";
import { startRelay } from "@moq-deno/relay/server";
import { startAuthServer } from "../../../relay/auth/serve_command.ts";
import {
  ALGORITHMS,
  generateKey,
  parseKey,
  TokenError,
} from "../../../relay/token/mod.ts";
import { rustPrograms } from "./install.ts";

const FOLDER = await rustPrograms();
const EXPIRES = 4_102_444_800;

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `moq auth` with `input` on its standard input. */
async function moqAuth(args: readonly string[], input = ""): Promise<Ended> {
  const child = new Deno.Command(`${FOLDER}/moq`, {
    args: ["auth", ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await new Response(input).body?.pipeTo(child.stdin);
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array): string =>
    new TextDecoder().decode(bytes).trim();
  return { code, out: text(stdout), err: text(stderr) };
}

async function inFolder<T>(test: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    return await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

// Prefixes in one, grants that only patterns can express in the other.
const GRANTS = [
  { root: "demo", publish: ["alice/**"], subscribe: ["**"] },
  { root: "", publish: ["cam*/**"], subscribe: ["*/chat", "x"] },
] as const;

for (const algorithm of ALGORITHMS) {
  Deno.test(`moq auth: its ${algorithm} key works in both implementations`, async () => {
    await inFolder(async (folder) => {
      const file = `${folder}/key.jwk`;
      const made = await moqAuth(
        ["generate", "--algorithm", algorithm, "--out", file],
      );
      assert.equal(made.code, 0, made.err);
      const key = parseKey(await Deno.readTextFile(file));
      for (const grants of GRANTS) {
        const flags = [
          ...grants.publish.flatMap((pattern) => ["--publish", pattern]),
          ...grants.subscribe.flatMap((pattern) => ["--subscribe", pattern]),
        ];
        const { out: token } = await moqAuth([
          ...["sign", "--key", file, "--root", grants.root],
          ...["--expires", String(EXPIRES), ...flags],
        ]);
        const claims = await key.verify(token);
        assert.deepEqual(claims, { ...grants, expires: EXPIRES });
        const back = await key.sign({ ...grants, expires: EXPIRES, id: "7" });
        const verified = await moqAuth(["verify", "--key", file], back);
        assert.equal(verified.code, 0, verified.err);
        assert.match(verified.out, new RegExp(String(EXPIRES)));
      }
    });
  });

  Deno.test(`moq auth: our ${algorithm} key works in both implementations`, async () => {
    await inFolder(async (folder) => {
      const [file, shown] = [`${folder}/key.jwk`, `${folder}/public.jwk`];
      const key = await generateKey(algorithm, {
        scope: { root: "demo", publish: ["alice/**"], subscribe: ["**"] },
      });
      await Deno.writeTextFile(file, key.toText());
      const verifier = algorithm.startsWith("HS") ? key : key.publicKey();
      await Deno.writeTextFile(shown, JSON.stringify(verifier.toJson()));
      const token = await key.sign(GRANTS[0]);
      const verified = await moqAuth(["verify", "--key", shown], token);
      assert.equal(verified.code, 0, verified.err);
      const sign = ["sign", "--key", file, "--root", "demo", "--subscribe"];
      const { out: back } = await moqAuth([...sign, "room/**"]);
      assert.deepEqual((await verifier.verify(back)).subscribe, ["room/**"]);
      const late = await key.sign({ ...GRANTS[0], expires: 1 });
      assert.notEqual(
        (await moqAuth(["verify", "--key", shown], late)).code,
        0,
      );
    });
  });
}

Deno.test("moq auth: both refuse grants beyond a key's scope", async () => {
  await inFolder(async (folder) => {
    const file = `${folder}/key.jwk`;
    await moqAuth(
      ["generate", "--out", file, "--root", "demo", "--publish", "a/**"],
    );
    const key = parseKey(await Deno.readTextFile(file));
    assert.deepEqual(key.scope?.publish, ["a/**"]);
    const { kid: _, scope: __, ...rest } = key.toJson();
    const wide = parseKey(JSON.stringify(rest));
    const token = await wide.sign({ root: "demo", publish: ["**"] });
    await assert.rejects(key.verify(token), TokenError);
    assert.notEqual((await moqAuth(["verify", "--key", file], token)).code, 0);
  });
});

interface Program extends AsyncDisposable {
  readonly port: number;
}

async function freePort(): Promise<number> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return await Promise.resolve(port);
}

/** Starts one of the Rust programs, and waits until it answers on its TCP port. */
async function start(
  program: string,
  argsOf: (port: number) => readonly string[],
): Promise<Program> {
  const port = await freePort();
  const child = new Deno.Command(`${FOLDER}/${program}`, {
    args: [...argsOf(port)],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  for (let tries = 0;; tries++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      break;
    } catch (error) {
      if (tries >= 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
    },
  };
}

const STAY_MS = 500;

interface Door {
  readonly port: number;
  readonly pin: Uint8Array<ArrayBuffer>;
}

/** The code that a session ends with, or `undefined` if it may stay. */
async function enter(
  { port, pin }: Door,
  scheme: string,
  target: string,
): Promise<string | undefined> {
  const url = `${scheme}://localhost:${port}${target}`;
  const session = await connect(url, { serverCertificateHashes: [pin] })
    .catch((error: MoqError) => error);
  if (session instanceof Error) return session.code;
  try {
    // On the wire, a session that may stay differs only in that it does not end.
    return await Promise.race([
      session.closed.then((error) => error?.code),
      new Promise<undefined>((resolve) => {
        setTimeout(() => resolve(undefined), STAY_MS);
      }),
    ]);
  } finally {
    session.close();
  }
}

const program = { sanitizeOps: false, sanitizeResources: false };

Deno.test({
  name: "moq auth serve: decides for our relay",
  ...program, // starts and ends other programs
  async fn() {
    await inFolder(async (folder) => {
      const key = await generateKey("ES256");
      await Deno.writeTextFile(`${folder}/k.jwk`, key.publicKey().toText());
      await using server = await start("moq", (port) => [
        ..."auth serve --listen".split(" "),
        `127.0.0.1:${port}`,
        ...["--key", `${folder}/k.jwk`, "--public-subscribe", "anon/**"],
        ..."--expires 1h --revalidate 1s --limit-token 1".split(" "),
      ]);
      const relay = await startRelay([
        "--listen=127.0.0.1:0",
        `--auth-url=http://127.0.0.1:${server.port}/`,
      ]);
      try {
        const [address] = relay.addresses;
        assert.ok(address);
        const pin = Uint8Array.fromHex(relay.fingerprint);
        const door = { port: address.port, pin };
        const token = await key.sign({ root: "room", subscribe: ["**"] });
        for (const scheme of ["moqt", "https"]) {
          const at = (target: string) => enter(door, scheme, target);
          assert.equal(await at("/anon/x"), undefined);
          assert.equal(await at("/room"), "unauthorized");
          assert.equal(await at(`/other?jwt=${token}`), "unauthorized");
          assert.equal(await at("/room?jwt=x"), "unauthorized");
          // The second session is admitted only if the end of the first was reported.
          assert.equal(await at(`/room?jwt=${token}`), undefined);
        }
        // Removing a key ends sessions at the next revalidation.
        const url = `moqt://localhost:${address.port}/room?jwt=${token}`;
        const session = await connect(url, { serverCertificateHashes: [pin] });
        await session.peer;
        await Deno.remove(`${folder}/k.jwk`);
        assert.equal((await session.closed)?.code, "unauthorized");
      } finally {
        await relay.close();
      }
    });
  },
});

Deno.test({
  name: "moq-relay --auth-url: follows our server's decisions",
  ...program,
  async fn() {
    await inFolder(async (folder) => {
      const key = await generateKey("EdDSA");
      await Deno.writeTextFile(`${folder}/k.jwk`, key.publicKey().toText());
      await Deno.writeTextFile(`${folder}/revoked`, "");
      const stopped = new AbortController();
      const server = await startAuthServer([
        "--listen=127.0.0.1:0",
        `--key=${folder}/k.jwk`,
        `--revoked=${folder}/revoked`,
        "--public-subscribe=anon/**",
        "--expires=1h",
        "--revalidate=1s",
        "--tier=gold",
      ], { log: SILENT, signal: stopped.signal });
      try {
        await using relay = await start("moq-relay", (port) => [
          ...["--listen", `127.0.0.1:${port}`],
          ...["--listen-tls-generate", "localhost"],
          ...["--web-http-listen", `127.0.0.1:${port}`],
          ...["--auth-url", server.url],
        ]);
        const { port } = relay;
        const pin = await fetchCertificateHash(
          new URL(`http://127.0.0.1:${port}`),
        );
        const door = { port, pin };
        const token = await key.sign({
          root: "room",
          subscribe: ["**"],
          subject: "ann",
        });
        for (const scheme of ["moqt", "https"]) {
          const at = (target: string) => enter(door, scheme, target);
          assert.equal(await at("/anon/x"), undefined);
          assert.equal(await at("/room"), "unauthorized");
          assert.equal(await at(`/other?jwt=${token}`), "unauthorized");
          assert.equal(await at(`/room?jwt=${token}`), undefined);
        }
        const url = `moqt://localhost:${port}/room?jwt=${token}`;
        const session = await connect(url, { serverCertificateHashes: [pin] });
        await session.peer;
        await Deno.writeTextFile(`${folder}/revoked`, "sub ann\n");
        assert.equal((await session.closed)?.code, "unauthorized");
      } finally {
        stopped.abort();
        await server.close();
      }
    });
  },
});
