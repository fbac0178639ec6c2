import assert from "node:assert/strict";
import { base64url } from "jose";
import { TokenError } from "./error.ts";
import { inspectToken } from "./header.ts";
import { ALGORITHMS } from "./jwk.ts";
import { generateKey, type Key, parseKey } from "./key.ts";

const CLAIMS = { root: "demo", publish: ["alice/**"], subscribe: ["**"] };

function isTokenError(code: string, message = /./): (error: Error) => boolean {
  return (error) =>
    error instanceof TokenError && error.code === code &&
    message.test(error.message);
}

for (const algorithm of ALGORITHMS) {
  Deno.test(`Key: ${algorithm} signs, verifies, and round-trips as JSON and text`, async () => {
    const key = await generateKey(algorithm, { id: "k-1" });
    const token = await parseKey(key.toText()).sign(CLAIMS);
    const claims = await parseKey(JSON.stringify(key.toJson())).verify(token);
    assert.deepEqual(claims, CLAIMS);
    const { header } = inspectToken(token);
    assert.deepEqual(header, { alg: algorithm, typ: "JWT", kid: "k-1" });

    const other = await generateKey(algorithm);
    await assert.rejects(other.verify(token), isTokenError("signature"));
    if (algorithm.startsWith("HS")) {
      assert.throws(() => key.publicKey(), isTokenError("key", /public part/));
      return;
    }
    const shown = key.publicKey();
    assert.deepEqual(await parseKey(shown.toText()).verify(token), CLAIMS);
    await assert.rejects(shown.sign(CLAIMS), isTokenError("key"));
    assert.equal(shown.isPrivate, false);
    for (const secret of ["d", "p", "q", "dp", "dq", "qi"]) {
      assert.equal(secret in shown.toJson(), false, secret);
    }
  });
}

Deno.test("generateKey: random ids of 16 digits, refuses invalid ones", async () => {
  const [one, two] = [await generateKey("HS256"), await generateKey("HS256")];
  assert.match(one.id ?? "", /^[0-9a-f]{16}$/);
  assert.notEqual(one.id, two.id);
  for (const id of ["", "a/b", "..", "a b", "a".repeat(129), "\u00e9"]) {
    await assert.rejects(generateKey("HS256", { id }), isTokenError("key"), id);
  }
});

Deno.test("Key: printing a key shows no secret", async () => {
  const key = await generateKey("HS256");
  const { k } = key.toJson();
  assert.ok(typeof k === "string");
  assert.equal(Deno.inspect(key).includes(k), false);
  assert.equal(JSON.stringify(key).includes(k), false);
});

Deno.test("Key: a scope limits signing and verifying", async () => {
  const scope = { root: "live", publish: ["a/**"] };
  const key = await generateKey("ES256", { scope });
  const token = await key.sign({ root: "live/a", publish: ["**"] });
  const shown = parseKey(key.publicKey().toText());
  assert.deepEqual((await shown.verify(token)).publish, ["**"]);
  await assert.rejects(
    key.sign({ root: "live", publish: ["**"] }),
    isTokenError("scope", /\{"root":"live","put":\["a"\]\}/),
  );
  // Removing the scope from the private key does not help: the verifier has its own.
  const { scope: _, ...wide } = key.toJson();
  const forged = await parseKey(JSON.stringify(wide)).sign({
    subscribe: ["**"],
  });
  await assert.rejects(shown.verify(forged), isTokenError("scope"));
});

Deno.test("Key: exp and nbf count to the second, without leeway", async () => {
  const key = await generateKey("HS256");
  const token = await key.sign({ ...CLAIMS, notBefore: 1000, expires: 2000 });
  await assert.rejects(
    key.verify(token, { now: 999 }),
    isTokenError("not-yet-valid", /"nbf".*1970-01-01T00:16:40Z/),
  );
  assert.equal((await key.verify(token, { now: 1000 })).expires, 2000);
  assert.equal((await key.verify(token, { now: 1999.9 })).expires, 2000);
  for (const now of [2000, 2001]) {
    await assert.rejects(
      key.verify(token, { now }),
      isTokenError("expired", /"exp".*1970-01-01T00:33:20Z/),
    );
  }
});

Deno.test("Key: refuses to sign claims that grant nothing", async () => {
  const key = await generateKey("HS256");
  await assert.rejects(key.sign({ root: "a" }), isTokenError("claim"));
});

const SECRET = base64url.encode(new Uint8Array(32));

for (
  const [what, jwk, message] of [
    ["no algorithm", { kty: "oct", k: SECRET }, /"alg" to be one of/],
    ["none", { alg: "none", kty: "oct", k: SECRET }, /got "none"/],
    ["no kty", { alg: "HS256", k: SECRET }, /"kty" to be oct for HS256/],
    ["a secret for RSA", { alg: "RS256", kty: "oct", k: SECRET }, /to be RSA/],
    ["a curve for a secret", {
      alg: "HS256",
      kty: "oct",
      crv: "P-256",
      k: SECRET,
    }, /"crv" to be absent/],
    ["the other curve", { alg: "ES256", kty: "EC", crv: "P-384" }, /P-256/],
    ["a short secret", { alg: "HS512", kty: "oct", k: "AAAA" }, /at least 32/],
    [
      "a secret that is not base64url",
      { alg: "HS256", kty: "oct", k: "%" },
      /base64url/,
    ],
    ["a short modulus", {
      alg: "RS256",
      kty: "RSA",
      n: base64url.encode(new Uint8Array(128)),
      e: "AQAB",
    }, /at least 256/],
    ["half a private RSA key", {
      alg: "RS256",
      kty: "RSA",
      n: base64url.encode(new Uint8Array(256)),
      e: "AQAB",
      d: "AAAA",
    }, /"p" to be base64url/],
    [
      "a bad kid",
      { alg: "HS256", kty: "oct", k: SECRET, kid: "../x" },
      /"kid"/,
    ],
    ["another use", {
      alg: "HS256",
      kty: "oct",
      k: SECRET,
      key_ops: ["encrypt"],
    }, /sign or verify/],
    [
      "encryption",
      { alg: "HS256", kty: "oct", k: SECRET, use: "enc" },
      /"use"/,
    ],
  ] as const
) {
  Deno.test(`parseKey: refuses ${what}`, () => {
    assert.throws(
      () => parseKey(JSON.stringify(jwk)),
      (error: Error) =>
        isTokenError("key", message)(error) && !error.message.includes(SECRET),
    );
  });
}

Deno.test("parseKey: refuses other text without quoting it", () => {
  for (const text of ["", "hunter2!", "{hunter2", `"${"a".repeat(300_000)}"`]) {
    assert.throws(() => parseKey(text), (error: Error) => {
      assert.equal(error.message.includes("hunter2"), false);
      return isTokenError("key")(error);
    });
  }
});

Deno.test("Key: mismatched numbers are an error about the key", async () => {
  const jwk = (await generateKey("EdDSA")).toJson();
  const key = parseKey(JSON.stringify({ ...jwk, d: "AAAA" }));
  await assert.rejects(key.sign(CLAIMS), isTokenError("key", /do not match/));
});

Deno.test("Key: obeys key_ops", async () => {
  const key = await generateKey("HS256");
  const only = (use: string): Key =>
    parseKey(JSON.stringify({ ...key.toJson(), key_ops: [use] }));
  await assert.rejects(only("verify").sign(CLAIMS), isTokenError("key"));
  const token = await only("sign").sign(CLAIMS);
  await assert.rejects(only("sign").verify(token), isTokenError("key"));
});
