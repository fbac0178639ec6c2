import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { selfSignedCertificate } from "./certificate.ts";

Deno.test("selfSignedCertificate: is what was asked for, and signed by itself", async () => {
  const notBefore = new Date("2026-01-02T03:04:05Z");
  const made = await selfSignedCertificate({
    names: ["relay.example", "192.0.2.7", "2001:db8::7:1", "::"],
    days: 10,
    notBefore,
  });
  const parsed = new X509Certificate(made.certPem);
  assert.equal(parsed.subject, "CN=relay.example");
  const [dns, ...addresses] = (parsed.subjectAltName ?? "").split(", ");
  assert.equal(dns, "DNS:relay.example");
  // Runtimes write the same IPv6 address in different ways.
  assert.deepEqual(
    addresses.map((text) => new URL(`http://${bracketed(text)}`).hostname),
    ["192.0.2.7", "[2001:db8::7:1]", "[::]"],
  );
  assert.equal(new Date(parsed.validFrom).getTime(), notBefore.getTime());
  assert.equal(new Date(parsed.validTo).getTime(), made.notAfter.getTime());
  assert.equal(made.notAfter.toISOString(), "2026-01-12T03:04:05.000Z");
  assert.equal(
    parsed.fingerprint256.replaceAll(":", "").toLowerCase(),
    made.sha256.toHex(),
  );
  assert.match(made.keyPem, /^-----BEGIN PRIVATE KEY-----\n[\w+/=\n]+-----END/);
});

Deno.test("selfSignedCertificate: a browser's 14 days are kept by default", async () => {
  const made = await selfSignedCertificate();
  const days = (made.notAfter.getTime() - Date.now()) / 86_400_000;
  assert.ok(days > 12.9 && days < 13, `Expected nearly 13 days, got ${days}`);
});

Deno.test("selfSignedCertificate: integers of every size encode", async () => {
  // r, s and the serial begin with a zero byte or a high bit once in a while.
  for (let i = 0; i < 100; i++) {
    const made = await selfSignedCertificate();
    assert.equal(new X509Certificate(made.der).subject, "CN=localhost");
  }
});

Deno.test("selfSignedCertificate: years from 2050 use the longer time", async () => {
  const made = await selfSignedCertificate({
    notBefore: new Date("2051-06-01T00:00:00Z"),
  });
  const parsed = new X509Certificate(made.der);
  assert.equal(new Date(parsed.validFrom).getUTCFullYear(), 2051);
});

function bracketed(alternative: string): string {
  const address = alternative.replace("IP Address:", "");
  return address.includes(":") ? `[${address}]` : address;
}
