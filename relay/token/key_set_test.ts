import assert from "node:assert/strict";
import { TokenError } from "./error.ts";
import { generateKey, type Key } from "./key.ts";
import { KeySet, parseKeySet } from "./key_set.ts";

const CLAIMS = { publish: ["**"] };

function textOf(...keys: readonly (Key | object)[]): string {
  const jwks = keys.map((key) => "toJson" in key ? key.toJson() : key);
  return JSON.stringify({ keys: jwks });
}

Deno.test("parseKeySet: a token without kid verifies with the only key", async () => {
  const [one, two] = [await generateKey("HS256"), await generateKey("ES384")];
  const set = parseKeySet(textOf(one, two.publicKey()));
  assert.equal(set.find(two.id)?.algorithm, "ES384");
  assert.equal(set.find(undefined), undefined);
  assert.equal((await set.verify(await two.sign(CLAIMS))).root, "");
  const alone = parseKeySet(one.toText());
  assert.equal(alone.find(undefined)?.id, one.id);
  assert.equal(alone.find("other"), undefined);
});

Deno.test("parseKeySet: leaves out keys for other purposes", async () => {
  const key = await generateKey("EdDSA");
  const others = [{ kty: "EC", crv: "P-521", alg: "ES512" }, {
    kty: "RSA",
    use: "enc",
  }];
  assert.equal(parseKeySet(textOf(...others, key)).keys.length, 1);
  assert.throws(() => parseKeySet(textOf(...others)), TokenError);
  assert.throws(() => parseKeySet('{"keys":{}}'), TokenError);
});

Deno.test("KeySet: refuses two keys of one name", async () => {
  const key = await generateKey("HS256", { id: "a" });
  const other = await generateKey("HS256", { id: "a" });
  assert.throws(
    () => parseKeySet(textOf(key, other)),
    /two keys have the name "a"/i,
  );
});

Deno.test("KeySet: toPublicJson shows no secret parts", async () => {
  const key = await generateKey("PS256");
  const shown = JSON.stringify(new KeySet([key]).toPublicJson());
  assert.equal(parseKeySet(shown).keys[0]?.isPrivate, false);
  const secret = await generateKey("HS256");
  assert.throws(() => new KeySet([key, secret]).toPublicJson(), TokenError);
});
