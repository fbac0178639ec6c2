/**
 * How a relay refuses peers: with a close code and a reason if a peer can read
 * them, with a status over HTTP, and over WebSocket to clients other than pages.
 *
 * @module
 */
import assert from "node:assert/strict";
import { openSession } from "@moq-deno/lite";
import { codeTable, IN_BAND_ALPN, versionOf } from "@moq-deno/lite/internal";
import {
  connectWebSocket,
  type Transport,
  type TransportClose,
} from "@moq-deno/lite/transport";
import { connectQuic, connectWebTransport } from "@moq-deno/lite/deno";
import { type RunningRelay, startRelay } from "@moq-deno/relay/server";

interface Door extends AsyncDisposable {
  /** `host:port`, of UDP and of TCP. */
  readonly at: string;
  readonly serverCertificateHashes: readonly Uint8Array<ArrayBuffer>[];
  readonly relay: RunningRelay;
}

async function open(...flags: readonly string[]): Promise<Door> {
  const relay = await startRelay(["--listen", "127.0.0.1:0", ...flags]);
  const [address] = relay.addresses;
  return {
    at: `127.0.0.1:${address!.port}`,
    serverCertificateHashes: [Uint8Array.fromHex(relay.fingerprint)],
    relay,
    [Symbol.asyncDispose]: () => relay.close(),
  };
}

type Dial = (
  door: Door,
  path: string,
  protocols: readonly string[],
) => Promise<Transport>;

async function overQuic(
  { at, serverCertificateHashes }: Door,
  path: string,
  protocols: readonly string[],
): Promise<Transport> {
  const url = new URL(`moqt://${at}`);
  const alpn = protocols.length > 0 ? protocols : [IN_BAND_ALPN];
  const { transport } = await connectQuic(url, {
    alpn,
    serverCertificateHashes,
  });
  if (versionOf(transport.protocol ?? "")) {
    openSession(transport, { setup: { path } });
  }
  return transport;
}

function overWebTransport(
  { at, serverCertificateHashes }: Door,
  path: string,
  protocols: readonly string[],
): Promise<Transport> {
  const url = new URL(`https://${at}${path}`);
  return connectWebTransport(url, { protocols, serverCertificateHashes });
}

/** The code and reason that `transport`'s peer closed with. */
async function closeOf(transport: Transport): Promise<TransportClose> {
  const close = await transport.closed;
  transport.close(0, "");
  return close;
}

const DIALS: readonly (readonly [name: string, dial: Dial])[] = [
  ["raw QUIC", overQuic],
  ["WebTransport", overWebTransport],
];

// The number of a refusal depends on the agreed draft.
const CODES = {
  "up-to-05": { unauthorized: 6, full: 0 },
  "from-06": { unauthorized: 2, full: 0x10 },
} as const;

for (const [name, dial] of DIALS) {
  for (const protocol of ["moq-lite-06", "moq-lite-05", "moq-lite-04"]) {
    const codes = CODES[codeTable(versionOf(protocol)!)];

    // Raw QUIC carries the path in SETUP, which drafts before 05 lack.
    if (name !== "raw QUIC" || protocol !== "moq-lite-04") {
      Deno.test(`Relay: refuses a path with its code over ${name}, ${protocol}`, async () => {
        await using door = await open("--auth-public=anon/**");
        const close = await closeOf(await dial(door, "/other", [protocol]));
        assert.equal(close.code, codes.unauthorized);
        assert.match(close.reason, /^No public access at "other"$/);
      });
    }

    Deno.test(`Relay: refuses one session too many over ${name}, ${protocol}`, async () => {
      await using door = await open("--limit-sessions=1");
      const first = await dial(door, "/", [protocol]);
      const close = await closeOf(await dial(door, "/", [protocol]));
      assert.deepEqual(close, {
        code: codes.full,
        reason: "Relay is full: 1 sessions",
      });
      first.close(0, "");
      await first.closed;
    });
  }
}

interface InBandCase {
  readonly what: string;
  /** The client's bytes on its first bidirectional stream. */
  readonly says: string;
  readonly ends?: boolean;
  readonly code: number;
  readonly reason: RegExp;
}

const IN_BAND: readonly InBandCase[] = [
  {
    what: "no supported draft",
    says: "20 000a 01 c0000000ff00000e 00",
    code: 9,
    reason: /^Client offers neither moq-lite-02 nor -01 but 0xff00000e$/,
  },
  {
    what: "something other than SETUP",
    says: "01 01 00",
    code: 15,
    reason: /^Expected SETUP of type 32, got 1$/,
  },
  {
    what: "a SETUP that does not parse",
    says: "20 0001 02",
    code: 5,
    reason: /^Expected /,
  },
  {
    what: "half a SETUP",
    says: "20 00",
    ends: true,
    code: 15,
    reason: /ended its stream before or inside SETUP$/,
  },
  {
    what: "nothing",
    says: "",
    code: 3,
    reason: /within 300 ms/,
  },
];

for (const [name, dial] of DIALS) {
  for (const { what, says, ends, code, reason } of IN_BAND) {
    Deno.test(`Relay: refuses ${what} in band over ${name}`, async () => {
      await using door = await open("--listen-timeout=300ms");
      const transport = await dial(door, "/", []);
      const { send } = await transport.openBidi();
      const bytes = Uint8Array.fromHex(says.replaceAll(" ", ""));
      if (bytes.byteLength > 0) send.write(bytes);
      if (ends) send.close();
      const close = await closeOf(transport);
      assert.equal(close.code, code);
      assert.match(close.reason, reason);
    });
  }
}

/** Status and text of the answer to a WebSocket's request. */
async function upgrade(
  { at }: Door,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<readonly [status: number, text: string]> {
  const response = await fetch(`http://${at}${path}`, {
    headers: {
      upgrade: "websocket",
      connection: "upgrade",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      "sec-websocket-protocol": "qmux-01.moq-lite-05",
      ...headers,
    },
  });
  return [response.status, await response.text()];
}

Deno.test("Relay: over WebSocket the refusal is the status of the upgrade", async () => {
  await using door = await open("--auth-public=anon/**", "--limit-sessions=1");
  assert.deepEqual(await upgrade(door, "/other"), [
    401,
    'No public access at "other"\n',
  ]);
  assert.equal((await upgrade(door, "/anon?jwt=x"))[0], 401);
  const unknown = { "sec-websocket-protocol": "chat" };
  assert.deepEqual(await upgrade(door, "/anon", unknown), [
    400,
    "Expected a subprotocol such as qmux-01.moq-lite-06\n",
  ]);
  const protocols = ["moq-lite-05"];
  const first = await connectWebSocket(`ws://${door.at}/anon`, { protocols });
  assert.deepEqual(await upgrade(door, "/anon"), [
    503,
    "Relay is full: 1 sessions\n",
  ]);
  first.close(0, "");
  await first.closed;
});

Deno.test("Relay: over HTTP the refusal is the status", async () => {
  await using door = await open("--auth-public=anon/**");
  for (
    const [path, status] of [
      ["/announced/other", 401],
      ["/fetch/other/alice/chat", 401],
      ["/fetch/anon/alice/chat", 404],
      ["/nowhere", 404],
    ] as const
  ) {
    const response = await fetch(`http://${door.at}${path}`);
    await response.body?.cancel();
    assert.equal(response.status, status, path);
  }
});

Deno.test("Relay: a relay that shuts down sends every peer GOAWAY", async () => {
  const door = await open();
  const quic = await overQuic(door, "/", ["moq-lite-06"]);
  const web = await overWebTransport(door, "/", ["moq-lite-06"]);
  openSession(web);
  const protocols = ["moq-lite-06"];
  const socket = await connectWebSocket(`ws://${door.at}/`, { protocols });
  openSession(socket);
  await door.relay.close();
  for (const { closed } of [quic, web, socket]) {
    assert.equal((await closed).code, 0x10);
  }
});
