/** The program as a process: its output, its exit codes, and what it survives. */
import assert from "node:assert/strict";
import { connect } from "@moq-deno/lite/deno";
import { RELAY_VERSION } from "./version.ts";
import { EXAMPLE_URL } from "./config/write_docs.ts";

const MAIN = new URL("main.ts", import.meta.url);
const decoder = new TextDecoder();

interface CommandOptions {
  readonly permissions?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

function command(
  args: readonly string[],
  { permissions = ["-A"], env = {} }: CommandOptions = {},
): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--unstable-net",
      ...permissions,
      MAIN.href,
      ...args,
    ],
    env: { NO_COLOR: "1", ...env },
    stdout: "piped",
    stderr: "piped",
  });
}

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function end(args: readonly string[]): Promise<Ended> {
  const { code, stdout, stderr } = await command(args).output();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** A relay on its own port that has printed its first lines; disposal waits for its end. */
class Running implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #err: Promise<string>;
  readonly greeting: string;

  private constructor(
    child: Deno.ChildProcess,
    err: Promise<string>,
    greeting: string,
  ) {
    this.#child = child;
    this.#err = err;
    this.greeting = greeting;
  }

  static async start(...args: string[]): Promise<Running> {
    const child = command(["--listen", "127.0.0.1:0", ...args]).spawn();
    const err = new Response(child.stderr).text();
    let greeting = "";
    for await (const chunk of child.stdout.values({ preventCancel: true })) {
      greeting += decoder.decode(chunk, { stream: true });
      if (greeting.includes("  watch ") && greeting.endsWith("\n")) break;
    }
    return new Running(child, err, greeting);
  }

  get port(): number {
    return Number(/listening +127\.0\.0\.1:(\d+)/.exec(this.greeting)?.[1]);
  }

  get fingerprint(): string {
    return /sha-256 ([0-9a-f]{64})$/m.exec(this.greeting)?.[1] ?? "";
  }

  async stop(signal: Deno.Signal): Promise<Ended> {
    this.#child.kill(signal);
    const { code } = await this.#child.status;
    return { code, out: this.greeting, err: await this.#err };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has already exited.
    }
    await this.#child.status;
    await this.#child.stdout.cancel();
    await this.#err;
  }

  async fetch(path: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`);
    return await response.text();
  }
}

/** A QUIC handshake with `alpn`: returns the agreed protocol, or the error. */
async function handshake(
  port: number,
  alpn: string,
  pin: string,
): Promise<string | undefined> {
  const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
  // Deno has it, its types do not.
  const pinned = {
    serverCertificateHashes: [{
      algorithm: "sha-256",
      value: Uint8Array.fromHex(pin),
    }],
  };
  try {
    const conn = await Deno.connectQuic({
      hostname: "127.0.0.1",
      port,
      serverName: "localhost",
      alpnProtocols: [alpn],
      endpoint,
      ...pinned,
    });
    const { protocol, closed } = conn;
    closed.catch(() => {}); // the relay may have closed it first
    conn.close({ closeCode: 0, reason: "" });
    return protocol;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    endpoint.close({ closeCode: 0, reason: "" });
  }
}

Deno.test("moq-relay: prints addresses and hints, serves HTTP, exits with 0", async () => {
  await using relay = await Running.start("--log-format", "json");
  assert.match(relay.greeting, new RegExp(`^moq-relay ${RELAY_VERSION}$`, "m"));
  assert.match(relay.greeting, /publish .* publish http:\/\/localhost:\d+\/$/m);
  assert.equal(await relay.fetch("/health"), "ok\n");
  assert.equal(await relay.fetch("/certificate.sha256"), relay.fingerprint);
  const { code, err } = await relay.stop("SIGTERM");
  assert.equal(code, 0);
  const messages = err.trim().split("\n").map((line) =>
    JSON.parse(line).message
  );
  assert.deepEqual([messages[0], messages[1]], [
    "relay started",
    "relay stopping",
  ]);
});

Deno.test("moq-relay: survives garbage, a wrong ALPN and a bad WebSocket", async () => {
  await using relay = await Running.start();
  const { port, fingerprint } = relay;
  const socket = Deno.listenDatagram({
    transport: "udp",
    hostname: "127.0.0.1",
    port: 0,
  });
  const to: Deno.Addr = { transport: "udp", hostname: "127.0.0.1", port };
  for (let size = 1; size <= 1200; size += 7) {
    const bytes = crypto.getRandomValues(new Uint8Array(size));
    // Every other one begins like an Initial packet.
    if (size % 2 === 0) bytes.set([0xc0, 0, 0, 0, 1]);
    await socket.send(bytes, to);
  }
  socket.close();
  assert.match(
    await handshake(port, "nonsense", fingerprint) ?? "",
    /120|protocol/,
  );
  const upgrade = await fetch(`http://127.0.0.1:${port}/`, {
    headers: { origin: "https://example.com" },
  });
  await upgrade.body?.cancel();
  assert.equal(
    await handshake(port, "moq-lite-06", fingerprint),
    "moq-lite-06",
  );
  assert.equal(await handshake(port, "h3", fingerprint), "h3");
  assert.equal(await handshake(port, "moql", fingerprint), "moql");
  assert.equal(await relay.fetch("/health"), "ok\n");
  assert.equal((await relay.stop("SIGINT")).code, 0);
});

const ENVIRONMENTS: readonly [
  permissions: readonly string[],
  env: Readonly<Record<string, string>>,
  said: RegExp,
][] = [
  [
    ["--allow-env=MOQ_*"],
    { MOQ_LOG_LEVEL: "loud" },
    /^MOQ_LOG_LEVEL: expected/,
  ],
  [
    ["--allow-env=MOQ_*"],
    { MOQ_BIND: ":1" },
    /MOQ_BIND: it is called MOQ_LISTEN/,
  ],
  [[], { MOQ_LOG_LEVEL: "loud" }, /^The configuration is good\n$/],
];

for (const [permissions, env, said] of ENVIRONMENTS) {
  Deno.test(`moq-relay: ${permissions[0] ?? "no --allow-env"}, ${Object.keys(env)}: ${said.source}`, async () => {
    const options = { permissions, env };
    const { stdout, stderr } = await command(["--check-config"], options)
      .output();
    assert.match(decoder.decode(stdout) + decoder.decode(stderr), said);
  });
}

Deno.test("moq-relay: a port in use prints one line and exits with 1", async () => {
  await using relay = await Running.start();
  const { code, out, err } = await end([
    "--listen",
    `127.0.0.1:${relay.port}`,
  ]);
  assert.deepEqual([code, out], [1, ""]);
  assert.match(
    err,
    /^Cannot listen on UDP 127\.0\.0\.1:\d+: it is in use; .* --listen\n$/,
  );
});

Deno.test("moq-relay: SIGTERM sends GOAWAY and ends sessions after the drain", async () => {
  await using relay = await Running.start("--drain-timeout", "1s");
  const pins = [Uint8Array.fromHex(relay.fingerprint)];
  const url = `moqt://127.0.0.1:${relay.port}/`;
  const session = await connect(url, { serverCertificateHashes: pins });
  await session.peer;
  const told = performance.now();
  const stopped = relay.stop("SIGTERM");
  assert.equal(await session.goingAway, "");
  assert.match(await relay.fetch("/health"), /^draining: /);
  const asked = performance.now() - told;
  const error = await session.closed;
  const took = performance.now() - told;
  assert.equal(error?.code, "going-away");
  assert.ok(asked < 900, `Expected less than 900 ms, got ${asked}`);
  assert.ok(took >= 1000, `Expected 1000 ms or more, got ${took}`);
  assert.equal((await stopped).code, 0);
});

const REFUSED: readonly [
  what: string,
  args: readonly string[],
  line: RegExp,
][] = [
  [
    "a misspelt flag",
    ["--lissten", ":1"],
    /^Unknown flag --lissten: did you mean --listen\?\n$/,
  ],
  [
    "a misspelt command",
    ["tokn"],
    /^Unknown command tokn: did you mean token\?\n$/,
  ],
  [
    "a bad value",
    ["--log-level=loud"],
    /^--log-level: expected one of .*, got "loud"\n$/,
  ],
  [
    "a missing file",
    ["/nowhere.toml"],
    /^Cannot read the configuration \/nowhere\.toml, [^\n]*\n$/,
  ],
  ["a missing certificate", [
    "--listen-tls-cert",
    "/nowhere.pem",
    "--listen-tls-key",
    "/nowhere.pem",
  ], /^Cannot read \/nowhere\.pem, [^\n]*\n$/],
  [
    "the network without access rules",
    ["--listen", "0.0.0.0:0"],
    /^Listening on 0\.0\.0\.0:0 needs access rules: [^\n]*\n$/,
  ],
  ["an address of another machine", [
    "--listen",
    "192.0.2.1:0",
    "--auth-public",
    "**",
  ], /^Cannot listen on UDP 192\.0\.2\.1:0: [^\n]* --listen\n$/],
];

for (const [what, args, line] of REFUSED) {
  Deno.test(`moq-relay: ${what} prints one line and exits with 1`, async () => {
    const { code, out, err } = await end(args);
    assert.match(err, line);
    assert.deepEqual([code, out], [1, ""]);
  });
}

Deno.test("moq-relay: --help, --version and --check-config exit with 0", async () => {
  const help = await end(["--help"]);
  assert.equal(help.code, 0);
  assert.match(help.out, /--listen-tls-generate/);
  assert.equal((await end(["--version"])).out, `moq-relay ${RELAY_VERSION}\n`);
  const example = await end(["--check-config", EXAMPLE_URL.pathname]);
  assert.deepEqual([example.code, example.out, example.err], [
    0,
    "The configuration is good\n",
    "",
  ]);
  assert.equal((await end(["--check-config", "--web-ws", "maybe"])).code, 1);
});

Deno.test("moq-relay: --check-config names every wrong file and exits with 1", async () => {
  const { code, out, err } = await end([
    ...["--check-config", "--auth-key", "/nowhere.jwk"],
    ...["--cluster-token", "/nowhere.jwt"],
  ]);
  assert.deepEqual([code, out], [1, ""]);
  assert.match(err, /^--auth-key: .*\nCannot read \/nowhere\.jwt, .*\n$/);
});

Deno.test("moq-relay: token and auth are subcommands", async () => {
  const token = await end(["token", "inspect", "x"]);
  assert.match(
    token.err,
    /^Expected a token: three parts of base64url[^\n]*\n$/,
  );
  assert.deepEqual([token.code, token.out], [1, ""]);
  const auth = await end(["auth", "serve", "--listen", "0.0.0.0:0"]);
  assert.match(auth.err, /^--listen: [^\n]* --listen-public [^\n]*\n$/);
  assert.equal(auth.code, 1);
});
