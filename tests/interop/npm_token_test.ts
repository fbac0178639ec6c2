/**
 * Keys and tokens of `@moq/token` from npm with our code, and ours with it, for every
 * algorithm.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  ALGORITHMS,
  generateKey,
  parseKey,
  TokenError,
} from "../../relay/token/mod.ts";
import { loadToken } from "./npm/bundle.ts";
import type { TokenKey } from "./npm/token.ts";

const npm = await loadToken();

const EXPIRES = 4_102_444_800;
const THEIRS = { root: "demo", put: ["alice"], get: [""], exp: EXPIRES };
const OURS = {
  root: "demo",
  publish: ["alice/**"],
  subscribe: ["**"],
  expires: EXPIRES,
};

// Its verify needs a key that can only verify: a shared secret or a public part.
function verifierOf(jwk: string): TokenKey {
  const key = npm.load(jwk);
  return key.kty === "oct" ? key : npm.toPublicKey(key);
}

for (const algorithm of ALGORITHMS) {
  Deno.test(`@moq/token: its ${algorithm} key works in both implementations`, async () => {
    const jwk = JSON.stringify(await npm.generate(algorithm));
    const token = await npm.sign(npm.load(jwk), THEIRS);
    const key = parseKey(jwk);
    const { issued: _, ...claims } = await key.verify(token);
    assert.deepEqual(claims, OURS);
    const back = await key.sign(OURS);
    const verified = await npm.verify(verifierOf(jwk), back, "demo");
    assert.deepEqual(verified, THEIRS);
  });

  Deno.test(`@moq/token: our ${algorithm} key works in both implementations`, async () => {
    const key = await generateKey(algorithm);
    const verifier = algorithm.startsWith("HS")
      ? verifierOf(key.toText())
      : npm.loadPublic(key.publicKey().toText());
    const token = await key.sign(OURS);
    assert.deepEqual(await npm.verify(verifier, token, "demo"), THEIRS);
    const everything = await key.sign({ subscribe: ["**"] });
    const open = await npm.verify(verifier, everything, "");
    assert.deepEqual(open, { root: "", get: [""] });
    const back = await npm.sign(npm.load(key.toText()), THEIRS);
    assert.deepEqual((await key.verify(back)).subscribe, ["**"]);
  });
}

Deno.test("@moq/token: it refuses grants that only patterns can express", async () => {
  const key = await generateKey("HS256");
  const token = await key.sign({ subscribe: ["*/chat"] });
  const theirs = npm.load(key.toText());
  await assert.rejects(npm.verify(theirs, token, ""));
  assert.deepEqual((await key.verify(token)).subscribe, ["*/chat"]);
});

Deno.test("@moq/token: a token that expires there also expires here", async () => {
  const key = await npm.generate("HS256");
  const token = await npm.sign(key, { ...THEIRS, exp: 1 });
  const ours = parseKey(JSON.stringify(key));
  await assert.rejects(ours.verify(token), TokenError);
});
