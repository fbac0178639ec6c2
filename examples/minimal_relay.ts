// deno-lint-ignore-file no-console
/**
 * A relay with public names only: `relay/main.ts` without its settings. Run it with
 * `deno run --allow-net examples/minimal_relay.ts [PORT]`.
 *
 * @module
 */
import { PROTOCOLS } from "@moq-deno/lite";
import {
  acceptWebTransport,
  listenQuic,
  quicTransport,
  selfSignedCertificate,
} from "@moq-deno/lite/deno";
import { PublicAuth, Relay } from "@moq-deno/relay";

const authorizer = new PublicAuth({
  publish: ["**"],
  subscribe: ["**"],
  localPagesOnly: true,
});
const relay = new Relay({ authorizer });

const { certPem, keyPem, sha256 } = await selfSignedCertificate();
const hostname = "127.0.0.1";
const udp = listenQuic({
  hostname,
  port: Number(Deno.args[0] ?? 4443),
  alpn: ["h3", ...PROTOCOLS],
  cert: certPem,
  key: keyPem,
});

// Development clients fetch the certificate's fingerprint here.
const { port } = udp.addr;
const fingerprint = sha256.toHex();
Deno.serve({ hostname, port, onListen() {} }, () => new Response(fingerprint));
console.log(`Publish and watch at http://${hostname}:${port}`);

async function welcome(conn: Deno.QuicConn): Promise<void> {
  if (conn.protocol !== "h3") {
    const refuse = (): void => conn.close();
    const accept = () => Promise.resolve(quicTransport(conn));
    return relay.accept({ transport: "quic", accept, refuse });
  }
  const request = await acceptWebTransport(conn, { protocols: PROTOCOLS });
  const { url, origin } = request;
  const target = url.pathname + url.search;
  const refuse = (): void => request.refuse(403);
  const accept = () => Promise.try(() => request.accept());
  const transport = "webtransport";
  await relay.accept({ transport, target, origin, accept, refuse });
}

for await (const conn of udp.incoming) {
  welcome(conn).catch((error) => console.warn(error.message));
}
