/** The server with real clients: every transport, refusals, replaced certificates. */
import assert from "node:assert/strict";
import {
  BroadcastProducer,
  type Clock,
  type LogFields,
  type Logger,
  openSession,
  PROTOCOLS,
  type Session,
  systemClock,
} from "@moq-deno/lite";
import { connectWebSocket, webSocketTransport } from "@moq-deno/lite/transport";
import { connect, selfSignedCertificate } from "@moq-deno/lite/deno";
import { RENEWAL_CHECK_MS } from "./certs.ts";
import { formatAddress } from "./config/rules.ts";
import { loadConfig } from "./config/load.ts";
import { readCommandLine } from "./config/sources.ts";
import { type Server, startServer } from "./server.ts";
import { generateKey } from "./token/mod.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The system's clock, except that certificate checks run when a test asks for them. */
class LookClock implements Clock {
  readonly #looks: Set<() => void> = new Set();

  now(): number {
    return systemClock.now();
  }

  after(ms: number, then: () => void): () => void {
    if (ms !== RENEWAL_CHECK_MS) return systemClock.after(ms, then);
    this.#looks.add(then);
    return () => this.#looks.delete(then);
  }

  look(): void {
    for (const then of this.#looks) then();
    this.#looks.clear();
  }
}

interface Running extends AsyncDisposable {
  readonly server: Server;
  readonly at: string;
  /** Checks the certificates; resolves when one was replaced. */
  replaced(): Promise<void>;
}

async function start(...args: string[]): Promise<Running> {
  const commandLine = readCommandLine(["--listen=127.0.0.1:0", ...args]);
  const config = loadConfig({ commandLine, environment: {} });
  const clock = new LookClock();
  let replaced = Promise.withResolvers<void>();
  const log: Logger = {
    info: (message) =>
      /certificate replaced$/.test(message) && replaced.resolve(),
  };
  const server = await startServer(config, { log, clock });
  const [address] = server.addresses;
  assert.ok(address);
  return {
    server,
    at: formatAddress(address),
    replaced() {
      replaced = Promise.withResolvers();
      clock.look();
      return replaced.promise;
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

function pin({ server }: Running): Uint8Array<ArrayBuffer>[] {
  return [Uint8Array.fromHex(server.fingerprint)];
}

function over(scheme: string, to: Running, path: string): Promise<Session> {
  const url = `${scheme}://${to.at}${path}`;
  return scheme === "ws"
    ? connectWebSocket(url, { protocols: PROTOCOLS }).then((transport) =>
      openSession(transport)
    )
    : connect(url, { serverCertificateHashes: pin(to) });
}

async function firstText(session: Session, path: string): Promise<string> {
  for await (const event of session.announced(path)) {
    if (event.kind === "start") break;
  }
  const groups = session.consume(path).track("text").subscribe();
  const group = await groups.next();
  let text = "";
  for await (const { payload } of group?.frames() ?? []) {
    text += decoder.decode(payload);
  }
  groups.close();
  return text;
}

function publishText(session: Session, path: string): BroadcastProducer {
  const broadcast = new BroadcastProducer();
  const track = broadcast.createTrack("text");
  track.writeFrame({ timestamp: 0, payload: encoder.encode(`of ${path}`) });
  session.publish(path, broadcast);
  return broadcast;
}

const WAYS = ["moqt", "https", "ws"];

for (const way of WAYS) {
  Deno.test(`startServer: ${way} reaches viewers over every transport`, async () => {
    await using relay = await start();
    await using publisher = await over(way, relay, "/room");
    const broadcast = publishText(publisher, "alice");
    for (const other of WAYS) {
      await using viewer = await over(other, relay, "");
      assert.equal(await firstText(viewer, "room/alice"), "of alice", other);
    }
    broadcast.close();
  });

  Deno.test(`startServer: a path without access is refused over ${way}`, async () => {
    await using relay = await start("--auth-public", "anon/**");
    const refused = await over(way, relay, "/other").then(
      (session) => session.closed,
      (error) => error,
    );
    // A WebSocket client does not see the HTTP status.
    assert.equal(refused?.code, way === "ws" ? "transport" : "unauthorized");
  });
}

Deno.test("startServer: without settings, refuses web sites, admits local pages", async () => {
  await using relay = await start();
  const from = (origin: string): Session => {
    const protocol = "qmux-01.moq-lite-05";
    const options = { protocols: [protocol], headers: { origin } };
    // The types of browsers, which are in force here, know no headers.
    const args = [`ws://${relay.at}/`, options];
    const socket: WebSocket = Reflect.construct(WebSocket, args);
    socket.binaryType = "arraybuffer";
    return openSession(
      webSocketTransport(socket, { role: "client", protocol }),
    );
  };
  const far = await from("https://example.com").closed;
  assert.equal(far?.code, "unauthorized");
  assert.match(far?.message ?? "", /pages of this machine/);
  const near = from("http://localhost:8080");
  await near.ping();
  near.close();
  await near.closed;
});

Deno.test("startServer: refuses a WebSocket with only unknown subprotocols", async () => {
  await using relay = await start();
  for (const [offered, opens] of [[["chat"], false], [[], true]] as const) {
    const socket = new WebSocket(`ws://${relay.at}/`, [...offered]);
    let isOpen = false;
    socket.onopen = () => {
      isOpen = true;
      socket.close();
    };
    socket.onerror = () => {}; // only the close matters
    await new Promise((resolve) => socket.onclose = resolve);
    assert.equal(isOpen, opens, offered.join());
  }
});

Deno.test("startServer: serves HTTP, HTTPS and WebSocket on their addresses", async () => {
  await withCertificate(async ({ cert, key, write }) => {
    await using relay = await start(
      "--web-http-listen=127.0.0.1:0",
      "--web-https-listen=127.0.0.1:0",
      `--web-https-cert=${cert}`,
      `--web-https-key=${key}`,
      "--web-ws=false",
    );
    const { addresses, httpAddresses, httpsAddress } = relay.server;
    const [quic] = addresses;
    const [http] = httpAddresses;
    assert.ok(quic && http && httpsAddress);
    assert.notEqual(http.port, quic.port);
    const plain = `http://${formatAddress(http)}`;
    const health = await fetch(`${plain}/health`);
    assert.equal(await health.text(), "ok\n");
    const upgrade = await fetch(`${plain}/`, {
      headers: { upgrade: "websocket" },
    });
    assert.equal(upgrade.status, 404);
    await upgrade.body?.cancel();

    const secure = `https://localhost:${httpsAddress.port}/health`;
    for (let round = 0; round < 2; round++) {
      if (round > 0) {
        await write();
        await relay.replaced();
      }
      using client = Deno.createHttpClient({
        caCerts: [await Deno.readTextFile(cert)],
      });
      const answer = await fetch(secure, { client });
      assert.equal(await answer.text(), "ok\n");
    }
  });
});

interface CertificatePaths {
  readonly cert: string;
  readonly key: string;
  /** Writes another pair of files. */
  write(): Promise<void>;
}

async function withCertificate(
  test: (paths: CertificatePaths) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const [cert, key] = [`${folder}/cert.pem`, `${folder}/key.pem`];
  const write = async (): Promise<void> => {
    const made = await selfSignedCertificate();
    await Deno.writeTextFile(cert, made.certPem);
    await Deno.writeTextFile(key, made.keyPem);
  };
  try {
    await write();
    await test({ cert, key, write });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("startServer: a new certificate serves new peers, old sessions stay", async () => {
  await withCertificate(async ({ cert, key, write }) => {
    await using relay = await start(
      `--listen-tls-cert=${cert}`,
      `--listen-tls-key=${key}`,
    );
    const before = relay.server.fingerprint;
    await using publisher = await over("moqt", relay, "");
    const broadcast = publishText(publisher, "alice");
    await write();
    await relay.replaced();
    assert.notEqual(relay.server.fingerprint, before);
    await using viewer = await over("https", relay, "");
    assert.equal(await firstText(viewer, "alice"), "of alice");
    const shown = await fetch(`http://${relay.at}/certificate.sha256`);
    assert.equal(await shown.text(), relay.server.fingerprint);
    broadcast.close();
  });
});

Deno.test("server: operators list the sessions, and end one", async () => {
  const folder = await Deno.makeTempDir();
  const key = await generateKey("HS256");
  const file = `${folder}/key.jwk`;
  await Deno.writeTextFile(file, JSON.stringify(key.toJson()));
  const everything = { root: "", publish: ["**"], subscribe: ["**"] };
  const operator = await key.sign(everything);
  const reader = await key.sign({ ...everything, publish: [] });
  const room = { root: "room", publish: ["**"], subscribe: ["**"] };
  const guest = await key.sign({ ...room, subject: "ada" });
  const lines: [message: string, fields: LogFields | undefined][] = [];
  const config = loadConfig({
    commandLine: readCommandLine(["--listen=127.0.0.1:0", "--auth-key", file]),
    environment: {},
  });
  const server = await startServer(config, {
    log: { info: (message, fields) => lines.push([message, fields]) },
    clock: systemClock,
  });
  const port = server.addresses[0]!.port;
  const ask = (path: string, method = "GET", token = operator) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
    });
  try {
    const session = await connect(
      `moqt://127.0.0.1:${port}/room/one?jwt=${guest}`,
      {
        serverCertificateHashes: [Uint8Array.fromHex(server.fingerprint)],
        role: "subscriber",
      },
    );
    await session.flushed();
    const { sessions: [listed] } = await (await ask("/sessions")).json();
    const { id, remote, since, ...facts } = listed;
    assert.match(remote, /^127\.0\.0\.1:\d+$/);
    assert.ok(Math.abs(Date.parse(since) - Date.now()) < 60_000);
    assert.deepEqual(facts, {
      transport: "quic",
      protocol: "moq-lite-06",
      path: "room/one",
      subject: "ada",
      role: "subscriber",
      relay: false,
      sent_bytes: 0,
      received_bytes: 0,
      subscriptions: 0,
    });
    for (
      const [path, method, token, status] of [
        ["/sessions", "GET", guest, 401],
        ["/sessions", "GET", reader, 200],
        [`/sessions/${id}`, "DELETE", reader, 401],
      ] as const
    ) {
      const response = await ask(path, method, token);
      await response.body?.cancel();
      assert.equal(response.status, status, `${method} ${path}`);
    }
    const ended = await ask(`/sessions/${id}`, "DELETE");
    assert.deepEqual(
      [ended.status, await ended.text()],
      [200, `Session ${id} has ended\n`],
    );
    const error = await session.closed;
    assert.match(error?.message ?? "", /An operator has ended the session$/);
    for (
      const [path, method, status] of [
        [`/sessions/${id}`, "DELETE", 404],
        ["/sessions/x", "DELETE", 400],
        [`/sessions/${id}`, "GET", 405],
        ["/sessions", "DELETE", 405],
      ] as const
    ) {
      const response = await ask(path, method);
      await response.body?.cancel();
      assert.equal(response.status, status, `${method} ${path}`);
    }
    const [, opened] = lines.find(([text]) => text === "session opened")!;
    assert.deepEqual([opened?.path, opened?.subject], ["room/one", "ada"]);
    assert.ok(lines.some(([text]) => text === "session ended by an operator"));
    assert.ok(!JSON.stringify(lines).includes(guest.slice(-20)));
  } finally {
    await server.close();
    await Deno.remove(folder, { recursive: true });
  }
});
