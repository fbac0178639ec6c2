/**
 * A process with the relay's counterpart in measurements: bare QUIC streams of Deno.
 * Each chunk of a publisher's stream is written at once to a stream of every
 * viewer.
 *
 * @module
 */
import { listenQuic, selfSignedCertificate } from "@moq-deno/lite/deno";
import { commands, say } from "../integration/process/inside.ts";
import {
  PUBLISHER_ALPN,
  type ServerAddress,
  VIEWER_ALPN,
} from "./stream_bytes.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const READ_BYTES = 16 * 1024;
const viewers = new Set<Deno.QuicConn>();
const ignore = (): void => {}; // A viewer that left: `closed` removes it.

async function open(
  viewer: Deno.QuicConn,
): Promise<WritableStreamDefaultWriter<Bytes>> {
  const stream = await viewer.createUnidirectionalStream({
    waitUntilAvailable: true,
  });
  const writer = stream.getWriter();
  writer.closed.catch(ignore);
  return writer as WritableStreamDefaultWriter<Bytes>;
}

async function forward(stream: ReadableStream<Bytes>): Promise<void> {
  const reader = stream.getReader({ mode: "byob" });
  const writers = await Promise.all([...viewers].map(open));
  for (let scratch: Bytes = new Uint8Array(READ_BYTES);;) {
    const { value, done } = await reader.read(scratch);
    if (done) break;
    const chunk = value.slice();
    scratch = new Uint8Array(value.buffer);
    for (const writer of writers) writer.write(chunk).catch(ignore);
  }
  for (const writer of writers) writer.close().catch(ignore);
}

async function publisher(conn: Deno.QuicConn): Promise<void> {
  for await (const stream of conn.incomingUnidirectionalStreams) {
    forward(stream).catch(ignore);
  }
}

async function runAccept(): Promise<void> {
  for await (const conn of listener.incoming) {
    if (conn.protocol === PUBLISHER_ALPN) {
      publisher(conn).catch(ignore);
    } else {
      viewers.add(conn);
      const leave = (): void => void viewers.delete(conn);
      conn.closed.then(leave, leave);
    }
  }
}

const { certPem, keyPem, sha256 } = await selfSignedCertificate();
const listener = listenQuic({
  hostname: "127.0.0.1",
  port: 0,
  cert: certPem,
  key: keyPem,
  alpn: [PUBLISHER_ALPN, VIEWER_ALPN],
});
const address: ServerAddress = {
  server: "bare",
  url: `moqt://127.0.0.1:${listener.addr.port}`,
  fingerprint: sha256.toHex(),
};
say(address);
void runAccept(); // Ends with the process.
for await (const _ of commands()) {
  /* There are no commands; the process ends with its input. */
}
Deno.exit(0);
