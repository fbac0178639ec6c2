/** Our auth server: its rules, its answers, and our relay behind it. */
import assert from "node:assert/strict";
import { type Logger, systemClock } from "@moq-deno/lite";
import { SILENT } from "@moq-deno/lite/internal";
import { connect } from "@moq-deno/lite/deno";
import { loadConfig } from "../config/load.ts";
import { formatAddress } from "../config/rules.ts";
import { readCommandLine } from "../config/sources.ts";
import { startServer } from "../server.ts";
import { generateKey } from "../token/mod.ts";
import type { RunningAuthServer } from "./serve.ts";
import { startAuthServer } from "./serve_command.ts";

const KEY = await generateKey("ES256", { id: "k1" });
const TOKEN = await KEY.sign({ root: "room", publish: ["alice/**"] });

class Running implements AsyncDisposable {
  readonly #server: RunningAuthServer;
  readonly #stopped: AbortController;
  readonly folder: string;
  readonly url: string;

  private constructor(
    server: RunningAuthServer,
    stopped: AbortController,
    folder: string,
  ) {
    this.#server = server;
    this.#stopped = stopped;
    this.folder = folder;
    this.url = server.url;
  }

  /** A server with `flags`; FOLDER in them is a folder with the key and an empty list. */
  static async start(...flags: string[]): Promise<Running> {
    const folder = await Deno.makeTempDir();
    await Deno.writeTextFile(`${folder}/k1.jwk`, KEY.publicKey().toText());
    await Deno.writeTextFile(`${folder}/revoked`, "");
    const stopped = new AbortController();
    const server = await startAuthServer(
      ["--listen=127.0.0.1:0", ...flags].map((flag) =>
        flag.replaceAll("FOLDER", folder)
      ),
      { log: SILENT, signal: stopped.signal },
    );
    return new Running(server, stopped, folder);
  }

  async ask(facts: object): Promise<readonly [status: number, body: string]> {
    const response = await fetch(this.url, {
      method: "POST",
      body: JSON.stringify({
        id: "00ff",
        event: "connect",
        node: "",
        transport: "quic",
        remote: "127.0.0.1:5",
        path: "/room",
        ...facts,
      }),
    });
    return [response.status, (await response.text()).trim()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await this.#server.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}

function base64(text: string): string {
  return new TextEncoder().encode(text).toBase64({
    alphabet: "base64url",
    omitPadding: true,
  });
}

const CERTIFICATE = {
  name: "edge0",
  fingerprint: "ab".repeat(32),
  issuer: "CN=x",
  expires: 4_102_444_800,
};

Deno.test("startAuthServer: checks token, certificate, then public rules", async () => {
  await using server = await Running.start(
    "--key-dir=FOLDER",
    "--public-subscribe=anon/**",
    "--mtls-publish=**",
    "--tier=gold",
  );
  const byToken = [200, '{"publish":["alice/**"],"tier":"gold"}'];
  const cases: readonly [facts: object, answer: readonly unknown[] | RegExp][] =
    [
      [{ query: `jwt=old&jwt=${TOKEN}&jwt=` }, byToken],
      [{ token: { kind: 0, value: base64(TOKEN) } }, byToken],
      [
        { query: `jwt=${TOKEN}`, token: { kind: 0, value: base64(TOKEN) } },
        byToken,
      ],
      [
        { path: "/anon/x" },
        [200, '{"subscribe":["**"],"tier":"gold"}'],
      ],
      [
        { tls: CERTIFICATE },
        [200, '{"publish":["**"],"expires":4102444800,"tier":"gold"}'],
      ],
      [{}, /^403 No public access at/],
      [
        { query: "jwt=x", path: "/anon/x" },
        /^403 Expected a token: three parts/,
      ],
      [
        { query: `jwt=${TOKEN}`, path: "/other" },
        /^403 The token .* grants nothing/,
      ],
      [{ query: `jwt=${TOKEN}`, tls: CERTIFICATE }, /^403 .* not both$/],
      [
        { query: "jwt=x", token: { kind: 0, value: base64(TOKEN) } },
        /^403 The tokens .* differ/,
      ],
      [
        { token: { kind: 1, value: "AA" } },
        /^403 SETUP token of unknown kind 1/,
      ],
      [{ token: { kind: 0, value: "!" } }, /^400 Expected base64url/],
      [{ event: "start" }, /^400 Expected "event"/],
      [{ path: 7 }, /^400 Expected "path"/],
      [{ path: "/anon/*" }, /^403 Expected a path without "\*"/],
      [{ event: "end", reason: "closed" }, [204, ""]],
    ];
  for (const [facts, expected] of cases) {
    const answer = await server.ask(facts);
    const what = JSON.stringify(facts).replaceAll(TOKEN, "TOKEN");
    if (expected instanceof RegExp) {
      assert.match(answer.join(" "), expected, what);
      assert.equal(answer.join().includes(TOKEN), false);
    } else assert.deepEqual(answer, expected, what);
  }
  const get = await fetch(server.url);
  await get.body?.cancel();
  assert.equal(get.status, 405);
  const long = await fetch(server.url, {
    method: "POST",
    body: "x".repeat(70_000),
  });
  await long.body?.cancel();
  assert.equal(long.status, 413);
});

Deno.test("startAuthServer: limits concurrent sessions, until one ends", async () => {
  await using server = await Running.start(
    "--key=FOLDER/k1.jwk",
    "--public-subscribe=room/**",
    "--expires=1h",
    "--revalidate=30s",
    "--limit-token=1",
    "--limit-remote=2",
  );
  const query = `jwt=${TOKEN}`;
  const status = async (id: string, facts: object = {}): Promise<number> =>
    (await server.ask({ id, ...facts }))[0];
  assert.equal(await status("a", { query }), 200);
  assert.equal(await status("a", { query }), 200, "the same session again");
  assert.equal(await status("b", { query }), 403, "the token is in use");
  assert.equal(await status("c", { remote: "[::ffff:127.0.0.1]:9" }), 200);
  assert.equal(await status("d"), 403, "this address has two sessions");
  assert.equal(await status("d", { remote: "[::1]:5" }), 200);
  assert.equal(await status("a", { event: "end" }), 204);
  assert.equal(await status("b", { query }), 200);
  assert.equal(
    await status("e", { query, event: "revalidate" }),
    200,
    "existing sessions may stay",
  );
});

for (
  const [flags, message] of [
    ["--listen=0.0.0.0:0", /^--listen: .* give --listen-public/],
    ["--revalidate=5s", /^--revalidate needs --expires/],
    ["--limit-token=5", /need --revalidate/],
    ["--key=/nowhere", /^--key: /],
    ["--expires=5ms", /^--expires: expected a duration/],
    ["--public-publish=a//b", /^--public-publish: .*doubled slash/],
    ["--jwks=http://192.0.2.1/", /^--jwks: .*this machine alone$/],
    ["--frob=1", /^Unknown option '--frob'/],
  ] as const
) {
  Deno.test(`startAuthServer: refuses ${flags}`, async () => {
    const started = startAuthServer([flags], {
      log: SILENT,
      signal: AbortSignal.abort(),
    });
    await assert.rejects(started, (error: Error) => {
      assert.equal(error.name, "ConfigError");
      assert.match(error.message, message);
      return !error.message.includes("\n");
    });
  });
}

Deno.test("startServer: --auth-url decides about start, revalidation and end", async () => {
  await using server = await Running.start(
    "--key=FOLDER/k1.jwk",
    "--revoked=FOLDER/revoked",
    "--expires=1h",
    "--revalidate=1s",
  );
  const commandLine = readCommandLine([
    "--listen=127.0.0.1:0",
    `--auth-url=${server.url}`,
  ]);
  const config = loadConfig({ commandLine, environment: {} });
  const lines: string[] = [];
  const log: Logger = {
    info: (message, fields) => lines.push(message + JSON.stringify(fields)),
  };
  const relay = await startServer(config, { log, clock: systemClock });
  try {
    const [address] = relay.addresses;
    assert.ok(address);
    const open = (target: string) =>
      connect(`moqt://${formatAddress(address)}${target}`, {
        serverCertificateHashes: [Uint8Array.fromHex(relay.fingerprint)],
      });
    const refusedAt = async (target: string): Promise<string | undefined> =>
      (await open(target).then(({ closed }) => closed, (error) => error))?.code;
    const target = `/room?jwt=${TOKEN}`;
    assert.equal(await refusedAt("/room"), "unauthorized");
    const session = await open(target);
    await session.peer;
    await Deno.writeTextFile(`${server.folder}/revoked`, "kid k1\n");
    const error = await session.closed;
    assert.equal(error?.code, "unauthorized");
    assert.equal(await refusedAt(target), "unauthorized");
    assert.equal(lines.join().includes(TOKEN), false);
  } finally {
    await relay.close();
  }
});
