import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import type { Clock } from "@moq-deno/lite";
import {
  CertificateFiles,
  GeneratedCertificate,
  RENEWAL_CHECK_MS,
  renewals,
} from "./certs.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Timers end at once, so that loops run without waiting. */
const instant: Clock = {
  now: () => 0,
  after(ms, then) {
    assert.equal(ms, RENEWAL_CHECK_MS);
    const timer = setTimeout(then);
    return () => clearTimeout(timer);
  },
};

// openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:secp256k1 -days 3650 -nodes -subj /CN=localhost
const SECP256K1 = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBejCCASCgAwIBAgIUPAO2+fRF2V/0vUozVki/zmlttNYwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MB4XDTI2MTEzMDE1NDA1OVoXDTM2MTEyNzE1
NDA1OVowFDESMBAGA1UEAwwJbG9jYWxob3N0MFYwEAYHKoZIzj0CAQYFK4EEAAoD
QgAEcIx/gxMVYsurpJ8T2ZT3G7OvwGka9xou5dmPxXVzbuiSKCNx/VdXTiUVdHIq
dLAABCOeZw/YIfkDoindf27dQKNTMFEwHQYDVR0OBBYEFLACTthisp+5FVlMjZ68
j8Hv5n3VMB8GA1UdIwQYMBaAFLACTthisp+5FVlMjZ68j8Hv5n3VMA8GA1UdEwEB
/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgIbLXiay5CDgj5vkM4kzzAYB3fEFG
V78klXVeefjYJZwCIQDTWgSuqPfdI9WzlV45HiH+PSxzrczbWmaDrnceEQkvBQ==
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQg1KJg302dB8l3gwZ/thkZ
vWMQXOGKWz0K6qovAyruhm+hRANCAARwjH+DExViy6uknxPZlPcbs6/AaRr3Gi7l
2Y/FdXNu6JIoI3H9V1dOJRV0cip0sAAEI55nD9gh+QOiKd1/bt1A
-----END PRIVATE KEY-----
`,
};

Deno.test("GeneratedCertificate: valid for 13 days, replaced after 10", async () => {
  let now = Date.now();
  const source = new GeneratedCertificate({
    names: ["relay.example"],
    now: () => now,
  });
  const first = await source.current();
  const leaf = new X509Certificate(first.cert);
  assert.match(leaf.subjectAltName ?? "", /DNS:relay\.example/);
  assert.match(first.fingerprint, /^[0-9a-f]{64}$/);
  assert.equal(
    leaf.fingerprint256.replaceAll(":", "").toLowerCase(),
    first.fingerprint,
  );
  assert.equal(Math.round((first.expires.getTime() - now) / DAY_MS), 13);

  now += 10 * DAY_MS - 1;
  assert.equal(await source.current(), first);
  now += 1;
  const second = await source.current();
  assert.notEqual(second.fingerprint, first.fingerprint);
  assert.equal(now < first.expires.getTime(), true);
});

Deno.test("GeneratedCertificate: replaced when the clock is set back", async () => {
  let now = Date.now();
  const source = new GeneratedCertificate({
    names: ["relay.example"],
    now: () => now,
  });
  const first = await source.current();
  now -= HOUR_MS;
  assert.equal(await source.current(), first);
  now -= 1000;
  const second = await source.current();
  assert.notEqual(second, first);
  assert.equal(second.notBefore.getTime() <= now, true);
});

async function withFiles(
  test: (paths: { cert: string; key: string }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test({ cert: `${folder}/cert.pem`, key: `${folder}/key.pem` });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function made(): Promise<{ cert: string; key: string; fingerprint: string }> {
  return new GeneratedCertificate({ names: ["localhost"] }).current();
}

Deno.test("CertificateFiles: returns the same object until the files change", () =>
  withFiles(async (paths) => {
    const [a, b] = [await made(), await made()];
    await Deno.writeTextFile(paths.cert, a.cert + b.cert);
    await Deno.writeTextFile(paths.key, a.key);
    const source = new CertificateFiles(paths);
    const first = await source.current();
    assert.equal(first.fingerprint, a.fingerprint);
    assert.equal(await source.current(), first);

    await Deno.writeTextFile(paths.cert, b.cert);
    await assert.rejects(
      source.current(),
      /key\.pem: this is not the key of .*cert\.pem/,
    );
    await Deno.writeTextFile(paths.key, b.key);
    assert.equal((await source.current()).fingerprint, b.fingerprint);
  }));

Deno.test("CertificateFiles: reports a bad file in one line with its path", () =>
  withFiles(async (paths) => {
    const source = new CertificateFiles(paths);
    const { cert, key } = await made();
    await assert.rejects(
      source.current(),
      /^ConfigError: Cannot read .*cert\.pem, check the path/,
    );
    await Deno.writeTextFile(paths.cert, key);
    await Deno.writeTextFile(paths.key, key);
    await assert.rejects(
      source.current(),
      /cert\.pem: expected a certificate chain in PEM/,
    );
    await Deno.writeTextFile(paths.cert, cert);
    await Deno.writeTextFile(paths.key, cert.slice(0, 99));
    await assert.rejects(
      source.current(),
      /key\.pem: expected a private key in PEM/,
    );
  }));

const SECOND_IN_CHAIN: readonly [what: string, broken: string][] = [
  ["cut off", "-----BEGIN CERTIFICATE-----\nMIIB"],
  [
    "damaged",
    "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n",
  ],
  [
    "not base64",
    "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
  ],
];

for (const [what, broken] of SECOND_IN_CHAIN) {
  Deno.test(`CertificateFiles: refuses a chain whose second certificate is ${what}`, () =>
    withFiles(async (paths) => {
      const { cert, key } = await made();
      await Deno.writeTextFile(paths.cert, cert + broken);
      await Deno.writeTextFile(paths.key, key);
      await assert.rejects(
        new CertificateFiles(paths).current(),
        /^ConfigError: .*cert\.pem: .*(incomplete|damaged)/,
      );
    }));
}

Deno.test("CertificateFiles: refuses a key type that TLS does not accept", () =>
  withFiles(async (paths) => {
    await Deno.writeTextFile(paths.cert, SECP256K1.cert);
    await Deno.writeTextFile(paths.key, SECP256K1.key);
    await assert.rejects(
      new CertificateFiles(paths).current(),
      /^ConfigError: .*cert\.pem, .*key\.pem: expected a chain and a key that TLS takes/,
    );
  }));

Deno.test("renewals: logs a failure once, keeps the last and retries", async () => {
  const [a, b] = [await made(), await made()].map((pem) => ({
    ...pem,
    notBefore: new Date(0),
    expires: new Date(),
  }));
  assert.ok(a && b);
  const answers = [a, "broken", "broken", a, "gone", b];
  const source = {
    current() {
      const answer = answers.shift() ?? b;
      return typeof answer === "string"
        ? Promise.reject(new Error(answer))
        : Promise.resolve(answer);
    },
  };
  const heard: unknown[] = [];
  const stop = new AbortController();
  const seen = renewals(source, {
    first: a,
    clock: instant,
    signal: stop.signal,
    log: { error: (_, fields) => heard.push(fields?.reason) },
  });
  assert.equal((await seen.next()).value, b);
  assert.deepEqual(heard, ["broken", "gone"]);
  const last = seen.next();
  stop.abort();
  assert.equal((await last).done, true);
});
