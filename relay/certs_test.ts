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

/** A clock whose timers end at once, so that a loop looks again without waiting. */
const instant: Clock = {
  now: () => 0,
  after(ms, then) {
    assert.equal(ms, RENEWAL_CHECK_MS);
    const timer = setTimeout(then);
    return () => clearTimeout(timer);
  },
};

Deno.test("GeneratedCertificate: 13 days, for its names, replaced after 10 and before it ends", async () => {
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

Deno.test("CertificateFiles: the same object until the files change", () =>
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
      /key\.pem: expected the key of .*cert\.pem, got another one/,
    );
    await Deno.writeTextFile(paths.key, b.key);
    assert.equal((await source.current()).fingerprint, b.fingerprint);
  }));

Deno.test("CertificateFiles: what cannot be used is one line with path and remedy", () =>
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

Deno.test("renewals: a failure is told once, keeps the last and is tried again", async () => {
  const [a, b] = [await made(), await made()].map((pem) => ({
    ...pem,
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
