/** No part of a token, nor of a secret in our own URLs, may be in a log. */
import assert from "node:assert/strict";
import { type Logger, openSession, PROTOCOLS } from "@moq-deno/lite";
import { connectWebSocket } from "@moq-deno/lite/transport";
import { connect } from "@moq-deno/lite/deno";
import { formatAddress } from "../../relay/config/rules.ts";
import { startRelay } from "../../relay/embed.ts";
import { openLog } from "../../relay/logging.ts";
import { generateKey } from "../../relay/token/mod.ts";

const KEY = await generateKey("ES256", { id: "k1" });
const OTHER = await generateKey("ES256", { id: "k1" });
const EVERYTHING = { publish: ["**"], subscribe: ["**"] };
// Secrets in URLs that the operator configures.
const SECRET = "hunter2hunter2";

const GOOD = await KEY.sign({ ...EVERYTHING, root: "room" });
const TOKENS: readonly string[] = [
  GOOD,
  await KEY.sign({ ...EVERYTHING, expires: 1 }),
  await KEY.sign({ ...EVERYTHING, notBefore: 4_102_444_800 }),
  await OTHER.sign(EVERYTHING),
  `${GOOD}.${GOOD}`,
  GOOD.slice(1),
  "x".repeat(20_000),
];

/** Every part of a token or secret that is long enough to be recognised. */
function* traces(): Generator<string, undefined> {
  yield SECRET;
  for (const token of TOKENS) {
    for (const part of token.split(".").slice(1)) yield part.slice(0, 16);
  }
}

interface Server extends AsyncDisposable {
  readonly url: string;
}

function serve(answer: (request: Request) => Promise<Response>): Server {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    answer,
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/?secret=${SECRET}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** A server that repeats the request in its answer. */
async function echo(request: Request): Promise<Response> {
  return new Response(await request.text() + request.url);
}

function closedUrl(): string {
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  free.close();
  return `http://127.0.0.1:${free.addr.port}/?secret=${SECRET}`;
}

/** Tries to connect with `target`; returns what the peer receives. */
async function tell(
  way: string,
  { at, target, pin }: {
    readonly at: string;
    readonly target: string;
    readonly pin: string;
  },
): Promise<string> {
  const url = `${way}://${at}${target}`;
  try {
    const session = way === "ws"
      ? openSession(await connectWebSocket(url, { protocols: PROTOCOLS }))
      : await connect(url, {
        serverCertificateHashes: [Uint8Array.fromHex(pin)],
      });
    session.peer.then(() => session.close(), () => {});
    return Deno.inspect(await session.closed);
  } catch (error) {
    return Deno.inspect(error);
  }
}

const WAYS = ["moqt", "https", "ws"];

/** Everything that a relay with `flags` logs at its lowest level, and sends to peers, while each token is tried over each transport. */
async function everythingSaid(flags: readonly string[]): Promise<string> {
  const said: string[] = [];
  const sink = (line: string): void => void said.push(line);
  const json = openLog({ level: "trace", format: "json", sink });
  const pretty = openLog({ level: "trace", format: "pretty", sink });
  const both =
    (level: keyof Logger & ("debug" | "info" | "warn" | "error")) =>
    (message: string, fields?: Record<string, unknown>): void => {
      json[level]?.(message, fields);
      pretty[level]?.(message, fields);
    };
  const log: Logger = {
    debug: both("debug"),
    info: both("info"),
    warn: both("warn"),
    error: both("error"),
  };
  const relay = await startRelay(["--listen=127.0.0.1:0", ...flags], { log });
  try {
    const [address] = relay.addresses;
    assert.ok(address);
    const at = formatAddress(address);
    for (const token of TOKENS) {
      const target = `/room?x=1&jwt=${token}`;
      const door = { at, target, pin: relay.fingerprint };
      said.push(...await Promise.all(WAYS.map((way) => tell(way, door))));
      const answer = await fetch(`http://${at}/announced${target}`);
      said.push(await answer.text());
    }
  } finally {
    await relay.close();
  }
  return said.join("\n");
}

async function inFolder<T>(test: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/k.jwk`, KEY.publicKey().toText());
    return await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function assertNoTrace(said: string): void {
  assert.match(said, /session refused/);
  for (const trace of traces()) {
    const at = said.indexOf(trace);
    assert.equal(at, -1, said.slice(Math.max(at - 200, 0), at + 100));
  }
}

Deno.test("log: no part of a token with keys in a file", async () => {
  await inFolder(async (folder) => {
    assertNoTrace(await everythingSaid([`--auth-key=${folder}/k.jwk`]));
  });
});

Deno.test("log: no part of a token with public access", async () => {
  assertNoTrace(await everythingSaid(["--auth-public=**"]));
});

Deno.test("log: no part of a token or URL with a failing auth server", async () => {
  await using server = serve(echo);
  for (const url of [server.url, closedUrl()]) {
    const said = await everythingSaid([`--auth-url=${url}`]);
    assertNoTrace(said);
    assert.match(said, /auth server gives no answer to rely on/);
  }
});

Deno.test("log: no part of our URLs when fetching keys fails", async () => {
  await using keys = serve(echo);
  let asked = 0;
  await using list = serve((request) =>
    asked++ === 0 ? Promise.resolve(new Response("# empty\n")) : echo(request)
  );
  for (const jwks of [keys.url, closedUrl()]) {
    const flags = [
      `--auth-jwks=${jwks}`,
      `--auth-revoked=${list.url}`,
      "--auth-revoked-poll=20ms",
    ];
    asked = 0;
    const said = await everythingSaid(flags);
    assertNoTrace(said);
    assert.match(said, /keys cannot be read/);
    assert.match(said, /the last version stays in force/);
  }
});

Deno.test("connect: the error of a failed dial does not have the token", async () => {
  const url = new URL(`/room?jwt=${GOOD}`, closedUrl()).href;
  const dials = [
    connect(url),
    connectWebSocket(url, { protocols: PROTOCOLS }),
  ];
  for (const dial of dials) {
    const error = await dial.then(() => undefined, (error) => error);
    assert.ok(error instanceof Error);
    const said = Deno.inspect(error);
    for (const part of GOOD.split(".").slice(1)) {
      assert.equal(said.includes(part), false, said);
    }
  }
});
