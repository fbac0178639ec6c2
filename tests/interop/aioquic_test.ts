/**
 * aioquic, an HTTP/3 stack that shares nothing with ours, as a WebTransport client of
 * our server.
 *
 * @module
 */
import assert from "node:assert/strict";
import { MoqError } from "../../lite/error.ts";
import { selfSignedCertificate } from "../../lite/deno/certificate.ts";
import { toHttp3Code } from "../../lite/deno/codes.ts";
import { acceptWebTransport } from "../../lite/deno/h3/accept.ts";
import { listenQuic, type QuicListener } from "../../lite/deno/listen.ts";
import type {
  BidiStream,
  ReceiveStream,
  Transport,
} from "../../lite/transport/transport.ts";

const FOLDER = new URL("./aioquic/", import.meta.url);

/** The Python of an environment with aioquic, made on first use; `undefined` if that is not possible. */
async function findPython(): Promise<string | undefined> {
  const requirements = new URL("requirements.txt", FOLDER).pathname;
  const version = (await Deno.readTextFile(requirements)).trim();
  const temporary = Deno.env.get("TMPDIR") ?? "/tmp";
  const folder = `${temporary}/moq-deno-${version}`;
  const python = `${folder}/bin/python`;
  if (await succeeds(python, ["-c", "import aioquic"])) return python;
  const isMade = await succeeds("python3", ["-m", "venv", folder]) &&
    await succeeds(python, ["-m", "pip", "install", "-q", "-r", requirements]);
  return isMade ? python : undefined;
}

async function succeeds(command: string, args: string[]): Promise<boolean> {
  try {
    const output = await new Deno.Command(command, { args }).output();
    return output.success;
  } catch {
    return false; // The command is not installed.
  }
}

type Closer = "client" | "server";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

async function readAll(stream: ReceiveStream): Promise<string> {
  let all = "";
  for (;;) {
    const bytes = await stream.read(new Uint8Array(1024));
    if (!bytes) return all;
    all += new TextDecoder().decode(bytes);
  }
}

async function say(transport: Transport, what: string): Promise<void> {
  const stream = await transport.openUni();
  stream.write(text(what));
  stream.close();
}

/** Does what the client requests on unidirectional streams, until it requests a close. */
async function serve(transport: Transport): Promise<void> {
  let stalled: BidiStream | undefined;
  const echoes = (async () => {
    for await (const stream of transport.incomingBidi) {
      const bytes = await stream.receive.read(new Uint8Array(64));
      stream.send.write(bytes!.slice());
      if (bytes!.byteLength === 1) stalled = stream;
      else stream.send.close();
    }
  })();
  const datagrams = (async () => {
    for await (const payload of transport.datagrams!.incoming) {
      transport.datagrams!.send(payload);
    }
  })();
  for await (const stream of transport.incomingUni) {
    const asked = await readAsked(transport, stream);
    if (asked === "flood") await flood(transport);
    else if (asked === "stop") stalled!.receive.stop(5);
    else if (asked === "close") transport.close(4321, "enough");
    else await say(transport, `got ${asked}`);
  }
  await Promise.all([echoes, datagrams]);
}

/** A stream's text, or its reset code. Reports "begun" to the client of a partial stream. */
async function readAsked(
  transport: Transport,
  stream: ReceiveStream,
): Promise<string> {
  try {
    const begun = new TextDecoder().decode(
      await stream.read(new Uint8Array(64)),
    );
    if (begun === "partial") await say(transport, "begun");
    return begun + await readAll(stream);
  } catch (error) {
    assert.ok(error instanceof MoqError);
    return `${error.code} ${error.remoteCode}`;
  }
}

async function flood(transport: Transport): Promise<void> {
  const stream = await transport.openUni();
  do stream.write(new Uint8Array(1000)); while (await stream.ready());
  await say(transport, `stopped ${await stream.stopped}`);
}

async function runScenario(
  python: string,
  closer: Closer,
): Promise<void> {
  const { certPem: cert, keyPem: key } = await selfSignedCertificate();
  const listener = listenQuic({
    hostname: "127.0.0.1",
    port: 0,
    cert,
    key,
    alpn: ["h3"],
  });
  const script = new URL("client.py", FOLDER).pathname;
  try {
    // Its end also ends the client if the server fails.
    await using child = new Deno.Command(python, {
      args: [script, String(listener.addr.port), closer],
      stdout: "piped",
    }).spawn();
    const output = child.output();
    await serveOne(listener, closer);
    const { success, stdout } = await output;
    assert.ok(success, "The client failed");
    checkSeen(JSON.parse(new TextDecoder().decode(stdout)), closer);
  } finally {
    listener.close();
  }
}

/** Serves the first session of `listener`, from its request to its end. */
async function serveOne(listener: QuicListener, closer: Closer): Promise<void> {
  for await (const conn of listener.incoming) {
    const request = await acceptWebTransport(conn, {
      protocols: ["moq-lite-06", "moq-lite-05"],
    });
    assert.equal(request.url.pathname + request.url.search, "/demo?x=1");
    assert.equal(request.origin, "https://example.com");
    const transport = request.accept();
    await serve(transport);
    assert.deepEqual(
      await transport.closed,
      closer === "client"
        ? { code: 1234, reason: "bye" }
        : { code: 4321, reason: "enough" },
    );
    return;
  }
}

function checkSeen(
  { close, ...seen }: Record<string, unknown>,
  closer: Closer,
): void {
  assert.deepEqual(seen, {
    headers: {
      ":status": "200",
      "sec-webtransport-http3-draft": "draft02",
      "wt-protocol": '"moq-lite-05"',
    },
    bidi: "to and fro",
    uni: "got hello",
    datagram: "datagram",
    "before reset": "begun",
    reset: "got remote 64",
    "after bare reset": "got still here",
    stop: "stopped 77",
    stopped: 0, // The runtime always sends 0.
    ...(closer === "server" && { capsule: "68430a000010e1656e6f756768" }),
  });
  // After the client's close there is no error to report.
  assert.equal(close, closer === "server" ? toHttp3Code(4321) : 0x100);
}

const python = await findPython();
if (!python) {
  const message =
    "aioquic_test.ts: skipped, python3 with venv, pip and a package index is missing";
  if (Deno.env.get("CI") === "true") throw new Error(message);
  // deno-lint-ignore no-console
  console.warn(message);
}

for (const closer of ["client", "server"] as const) {
  Deno.test({
    name: `acceptWebTransport: an aioquic session that the ${closer} closes`,
    ignore: !python,
    fn: () => runScenario(python!, closer),
  });
}
