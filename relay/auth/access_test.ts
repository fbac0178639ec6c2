/** The relay with tokens and real clients: every transport, expiry, revocation, and what is logged. */
import assert from "node:assert/strict";
import {
  type Logger,
  type MoqError,
  openSession,
  PROTOCOLS,
  type Session,
  systemClock,
} from "@moq-deno/lite";
import { connectWebSocket } from "@moq-deno/lite/transport";
import { connect } from "@moq-deno/lite/deno";
import { loadConfig } from "../config/load.ts";
import { formatAddress } from "../config/rules.ts";
import { readCommandLine } from "../config/sources.ts";
import { openLog } from "../logging.ts";
import { type Server, startServer } from "../server.ts";
import { generateKey, type Key, parseKey } from "../token/mod.ts";

const KEY = await generateKey("ES256", { id: "k1" });
const WAYS = ["moqt", "https", "ws"];

class Running implements AsyncDisposable {
  readonly #server: Server;
  readonly at: string;
  readonly log: readonly string[];
  readonly folder: string;

  private constructor(server: Server, folder: string, log: readonly string[]) {
    const [address] = server.addresses;
    assert.ok(address);
    this.#server = server;
    this.folder = folder;
    this.log = log;
    this.at = formatAddress(address);
  }

  /** A relay with `KEY` and `args`; FOLDER in them is a temporary folder. */
  static async start(
    args: readonly string[] = [],
    files: Readonly<Record<string, string>> = {},
  ): Promise<Running> {
    const folder = await Deno.makeTempDir();
    await Deno.writeTextFile(`${folder}/k1.jwk`, KEY.publicKey().toText());
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    const flags = ["--listen=127.0.0.1:0", ...args].map((arg) =>
      arg.replaceAll("FOLDER", folder)
    );
    const commandLine = readCommandLine(flags);
    const lines: string[] = [];
    const log: Logger = openLog({
      level: "debug",
      format: "json",
      sink: (line) => lines.push(line),
    });
    const config = loadConfig({ commandLine, environment: {} });
    const server = await startServer(config, { log, clock: systemClock });
    return new Running(server, folder, lines);
  }

  async open(way: string, target: string): Promise<Session> {
    const url = `${way}://${this.at}${target}`;
    if (way !== "ws") {
      const pin = Uint8Array.fromHex(this.#server.fingerprint);
      return await connect(url, { serverCertificateHashes: [pin] });
    }
    return openSession(await connectWebSocket(url, { protocols: PROTOCOLS }));
  }

  /** The error code of a refused connection. */
  async refusal(way: string, target: string): Promise<string | undefined> {
    const attempt = this.open(way, target);
    const session = await attempt.catch((error: MoqError) => error);
    if (session instanceof Error) return session.code;
    return (await session.closed)?.code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}

const EVERYTHING = { publish: ["**"], subscribe: ["**"] };
const BY_FILE = ["--auth-key=FOLDER/k1.jwk"];

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

function base64url(value: object): string {
  return new TextEncoder().encode(JSON.stringify(value)).toBase64({
    alphabet: "base64url",
    omitPadding: true,
  });
}

/** A token signed with the public key's text as if it were a shared secret. */
async function confuse(key: Key, grants: object): Promise<string> {
  const secret = parseKey(JSON.stringify({
    kty: "oct",
    alg: "HS256",
    kid: key.id,
    k: base64url(key.toJson()),
  }));
  return await secret.sign(grants);
}

for (const way of WAYS) {
  Deno.test(`openAccess: a token over ${way} grants its paths only`, async () => {
    await using relay = await Running.start(BY_FILE);
    const token = await KEY.sign({ root: "room", publish: ["**"] });
    await using session = await relay.open(way, `/room/7?x=1&jwt=${token}`);
    assert.equal((await session.peer).role, undefined);
    const [expired, future, forged] = [
      await KEY.sign({ ...EVERYTHING, expires: seconds() - 1 }),
      await KEY.sign({ ...EVERYTHING, notBefore: seconds() + 60 }),
      await (await generateKey("ES256", { id: "k1" })).sign(EVERYTHING),
    ];
    const [, payload, signature] = token.split(".");
    const confused = await confuse(KEY.publicKey(), EVERYTHING);
    const none = `${base64url({ alg: "none", kid: "k1" })}.${payload}.`;
    // A WebSocket client does not see the HTTP status.
    const refused = way === "ws" ? "transport" : "unauthorized";
    for (
      const target of [
        "/room/7",
        `/other?jwt=${token}`,
        `/room?jwt=${expired}`,
        `/room?jwt=${future}`,
        `/room?jwt=${forged}`,
        `/room?jwt=${confused}`,
        `/room?jwt=${none}`,
        `/room?jwt=${none}${signature}`,
        `/room?jwt=${"x".repeat(9000)}`,
        `/room?jwt=${token}&jwt=x`,
        `/room?JWT=${token}`,
        "/room?jwt=x",
        `/ROOM?jwt=${token}`,
        `/roommate?jwt=${token}`,
        `/%72oom?jwt=${token}`,
      ]
    ) {
      assert.equal(await relay.refusal(way, target), refused, target);
    }
    // Neither a token nor any part of one may be in the log.
    const all = relay.log.join("");
    assert.match(all, /session refused/);
    for (const secret of [token, expired, future, forged, confused]) {
      for (const part of secret.split(".").slice(1)) {
        assert.equal(all.includes(part), false);
      }
    }
  });

  Deno.test(`openAccess: a session over ${way} ends when its token expires`, async () => {
    await using relay = await Running.start(BY_FILE);
    // The session needs a whole second to start, and this one may be almost over.
    const expires = seconds() + 2;
    const token = await KEY.sign({ ...EVERYTHING, expires });
    await using session = await relay.open(way, `/?jwt=${token}`);
    const error = await session.closed;
    assert.equal(error?.code, "unauthorized");
    assert.match(error?.message ?? "", /expired/);
    const late = Date.now() - expires * 1000;
    assert.ok(late >= 0 && late < 1000, `Expected 0 to 1000 ms, got ${late}`);
    assert.notEqual(await relay.refusal(way, `/?jwt=${token}`), undefined);
  });
}

Deno.test("openAccess: revoking a token ends its session within a second", async () => {
  await using relay = await Running.start(
    [...BY_FILE, "--auth-revoked=FOLDER/revoked.txt"],
    { "revoked.txt": "# empty\n" },
  );
  const token = await KEY.sign({ ...EVERYTHING, subject: "ann" });
  const other = await KEY.sign({ ...EVERYTHING, subject: "bob" });
  await using ann = await relay.open("moqt", `/?jwt=${token}`);
  await using bob = await relay.open("https", `/?jwt=${other}`);
  await ann.peer;
  await bob.peer;
  const changed = performance.now();
  await Deno.writeTextFile(`${relay.folder}/revoked.txt`, "sub ann\n");
  const error = await ann.closed;
  assert.equal(error?.code, "unauthorized");
  const took = performance.now() - changed;
  assert.ok(took < 1000, `Expected less than 1000 ms, got ${took}`);
  assert.equal(
    await relay.refusal("moqt", `/?jwt=${token}`),
    "unauthorized",
  );
  // A list that cannot be read revokes nothing and readmits nothing.
  await Deno.writeTextFile(`${relay.folder}/revoked.txt`, "nonsense\n");
  assert.equal(
    await relay.refusal("moqt", `/?jwt=${token}`),
    "unauthorized",
  );
  assert.equal(relay.log.join("").includes("sub ann"), false);
});

Deno.test("openAccess: fetches a revocation list at its interval", async () => {
  let list = "";
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, () => new Response(list));
  try {
    await using relay = await Running.start([
      ...BY_FILE,
      `--auth-revoked=http://127.0.0.1:${server.addr.port}/`,
      "--auth-revoked-poll=50ms",
    ]);
    const token = await KEY.sign({ ...EVERYTHING, id: "7" });
    await using session = await relay.open("moqt", `/?jwt=${token}`);
    await session.peer;
    list = "jti 7\n";
    assert.equal((await session.closed)?.code, "unauthorized");
  } finally {
    await server.shutdown();
  }
});

Deno.test("openAccess: key folder, key set and public rules work together", async () => {
  const published = await generateKey("EdDSA", { id: "k2" });
  const set = JSON.stringify({ keys: [published.publicKey().toJson()] });
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, () => new Response(set));
  try {
    await using relay = await Running.start([
      "--auth-key-dir=FOLDER",
      `--auth-jwks=http://127.0.0.1:${server.addr.port}/`,
      "--auth-public=anon/**",
    ]);
    for (const key of [KEY, published]) {
      const token = await key.sign({ ...EVERYTHING, root: "room" });
      assert.equal(
        (await fetch(`http://${relay.at}/announced/room?jwt=${token}`).then(
          async (answer) => [answer.status, await answer.text()],
        )).join(),
        "200,",
      );
    }
    const nameless = parseKey(
      JSON.stringify({ ...KEY.toJson(), kid: undefined }),
    );
    for (
      const [path, status] of [
        ["anon", 200],
        ["room", 401],
        [`anon?jwt=${await nameless.sign(EVERYTHING)}`, 401],
      ]
    ) {
      const answer = await fetch(`http://${relay.at}/announced/${path}`);
      await answer.body?.cancel();
      assert.equal(answer.status, status, String(path));
    }
  } finally {
    await server.shutdown();
  }
});

Deno.test("openAccess: only listed origins connect and may read answers", async () => {
  await using relay = await Running.start(
    ["--auth-public=**", "--auth-origin=https://app.example/"],
  );
  for (
    const [origin, status, allowed] of [
      ["https://app.example", 200, "https://app.example"],
      ["https://evil.example", 401, null],
    ] as const
  ) {
    const answer = await fetch(`http://${relay.at}/announced`, {
      headers: { origin },
    });
    await answer.body?.cancel();
    assert.equal(answer.status, status);
    const header = answer.headers.get("access-control-allow-origin");
    assert.equal(header, allowed);
  }
});

for (
  const [what, args, message] of [
    ["a missing key", ["--auth-key=/nowhere.jwk"], /^--auth-key: /],
    ["a missing key folder", ["--auth-key-dir=/nowhere"], /-key-dir: /],
    ["an invalid key", ["--auth-key=FOLDER/bad"], /^--auth-key: Expected/],
    ["an invalid revocation list", [
      ...BY_FILE,
      "--auth-revoked=FOLDER/bad",
    ], /^--auth-revoked: Expected "jti", "sub" or "kid" .* line 1$/],
    ["a revocation list but no keys", [
      "--auth-public=**",
      "--auth-revoked=FOLDER/bad",
    ], /of no use without tokens/],
    ["no one who may publish", [
      "--auth-public-subscribe=**",
    ], /^No one can publish: /],
    ["a key set over plain HTTP", [
      "--auth-jwks=http://192.0.2.1/",
    ], /^--auth-jwks: .*http:\/\/ is safe to this machine alone$/],
  ] as const
) {
  Deno.test(`openAccess: refuses to start with ${what}`, async () => {
    const started = Running.start(args, { bad: "nonsense\n" });
    await assert.rejects(started, (error: Error) => {
      assert.equal(error.name, "ConfigError");
      assert.match(error.message, message);
      return !error.message.includes("\n");
    });
  });
}
