import assert from "node:assert/strict";
import { Origin, systemClock } from "@moq-deno/lite";
import { Inbox } from "@moq-deno/lite/internal";
import { PublicAuth } from "../auth/auth.ts";
import { type Certificate, GeneratedCertificate } from "../certs.ts";
import { HttpRequests } from "./requests.ts";
import { listenTcp, type TcpListener } from "./tcp.ts";

function made(): Promise<Certificate> {
  return new GeneratedCertificate({ names: ["localhost"] }).current();
}

function listen(certificate: Certificate): TcpListener {
  const requests = new HttpRequests({
    queue: new Inbox(),
    http: {
      origin: new Origin(),
      authorizer: new PublicAuth({ publish: [], subscribe: [] }),
      fingerprint: certificate.fingerprint,
      localPagesOnly: false,
      clock: systemClock,
    },
  });
  return listenTcp({
    requests,
    address: { hostname: "127.0.0.1", port: 0 },
    flag: "--web-https-listen",
    certificate,
    clock: systemClock,
    log: {},
  });
}

Deno.test("TcpListener.reload: a pair that cannot serve leaves the port as it was", async () => {
  const [first, second] = [await made(), await made()];
  const port = listen(first);
  try {
    await assert.rejects(
      port.reload({ ...second, key: first.key }),
      /^ConfigError: Cannot listen on TCP/,
    );
    using client = Deno.createHttpClient({ caCerts: [first.cert] });
    const url = `https://localhost:${port.address.port}/health`;
    const health = await fetch(url, { client });
    assert.equal(await health.text(), "ok\n");
  } finally {
    await port.close();
  }
});
