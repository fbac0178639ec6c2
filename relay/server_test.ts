/** The server with real clients: every way in, refusals, certificates that change. */
import assert from "node:assert/strict";
import {
  BroadcastProducer,
  connectWebSocket,
  openSession,
  PROTOCOLS,
  type Session,
  SILENT,
  sleep,
  systemClock,
} from "@moq-deno/lite";
import { connect, selfSignedCertificate } from "@moq-deno/lite/deno";
import { RENEWAL_CHECK_MS } from "./certs.ts";
import { formatAddress } from "./config_rules.ts";
import { loadConfig } from "./config_load.ts";
import { readCommandLine } from "./config_sources.ts";
import { type Server, startServer } from "./server.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The system's clock, on which certificates are looked at again at once. */
class HastyClock {
  /** Resolves at the next look. */
  now = (): number => systemClock.now();

  after(ms: number, then: () => void): () => void {
    return systemClock.after(ms === RENEWAL_CHECK_MS ? 10 : ms, then);
  }
}

interface Running extends AsyncDisposable {
  readonly server: Server;
  readonly at: string;
}

async function start(...args: string[]): Promise<Running> {
  const commandLine = readCommandLine(["--listen=127.0.0.1:0", ...args]);
  const config = loadConfig({ commandLine, environment: {} });
  const server = await startServer(config, {
    log: SILENT,
    clock: new HastyClock(),
  });
  const [address] = server.addresses;
  assert.ok(address);
  return {
    server,
    at: formatAddress(address),
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
    : connect(url, { certificateHashes: pin(to) });
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
  Deno.test(`startServer: what is published over ${way} is seen over every way in`, async () => {
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
    // A WebSocket's client does not learn the status.
    assert.equal(refused?.code, way === "ws" ? "transport" : "unauthorized");
  });
}

Deno.test("startServer: without configuration a web site is refused, a local page is not", async () => {
  await using relay = await start();
  const upgrade = (origin: string): Promise<Response> =>
    fetch(`http://${relay.at}/`, {
      headers: {
        origin,
        upgrade: "websocket",
        connection: "upgrade",
        "sec-websocket-version": "13",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "sec-websocket-protocol": "qmux-01.moq-lite-05",
      },
    });
  const far = await upgrade("https://example.com");
  assert.equal(far.status, 401);
  assert.match(await far.text(), /page of this machine/);
});

Deno.test("startServer: a WebSocket that offers nothing known is refused", async () => {
  await using relay = await start();
  const socket = new WebSocket(`ws://${relay.at}/`, "chat");
  const ended = new Promise((resolve) => socket.onclose = resolve);
  socket.onerror = () => {}; // the end is what counts
  await ended;
  assert.equal(socket.protocol, "");
});

async function replaced(to: Running, before: string): Promise<void> {
  while (to.server.fingerprint === before) await sleep(systemClock, 5);
}

Deno.test("startServer: a certificate that changes serves new peers and keeps those there", async () => {
  const folder = await Deno.makeTempDir();
  const [cert, key] = [`${folder}/cert.pem`, `${folder}/key.pem`];
  const write = async (): Promise<void> => {
    const made = await selfSignedCertificate();
    await Deno.writeTextFile(cert, made.certPem);
    await Deno.writeTextFile(key, made.keyPem);
  };
  try {
    await write();
    await using relay = await start(
      "--listen-tls-cert",
      cert,
      "--listen-tls-key",
      key,
    );
    const before = relay.server.fingerprint;
    await using publisher = await over("moqt", relay, "");
    const broadcast = publishText(publisher, "alice");
    await write();
    await replaced(relay, before);
    await using viewer = await over("https", relay, "");
    assert.equal(await firstText(viewer, "alice"), "of alice");
    const shown = await fetch(`http://${relay.at}/certificate.sha256`);
    assert.equal(await shown.text(), relay.server.fingerprint);
    broadcast.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
