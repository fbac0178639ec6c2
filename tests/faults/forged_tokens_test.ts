/** Forged tokens: each is refused, for its own reason. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { base64url } from "jose";
import { readClaims } from "../../relay/token/claims.ts";
import { TokenError, type TokenErrorCode } from "../../relay/token/error.ts";
import {
  inspectToken,
  MAX_TOKEN_LENGTH,
  readHeader,
} from "../../relay/token/header.ts";
import { readJwk } from "../../relay/token/jwk.ts";
import { generateKey } from "../../relay/token/key.ts";
import { KeySet, parseKeySet } from "../../relay/token/key_set.ts";

const ES = await generateKey("ES256", { id: "es" });
const RS = await generateKey("RS256", { id: "rs" });
const HS = await generateKey("HS256", { id: "hs" });
const SET = new KeySet([ES.publicKey(), RS.publicKey(), HS]);

const EVERYTHING = '{"put":[""],"get":[""]}';

async function hmac(
  secret: BufferSource,
  text: string,
): Promise<string> {
  const key = await crypto.subtle.importKey(
    "raw",
    secret,
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const bytes = new TextEncoder().encode(text);
  return base64url.encode(
    new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes)),
  );
}

/** A token with these texts as header and payload, signed with `secret`. */
async function forge(
  header: string,
  payload: string,
  secret: BufferSource = new Uint8Array(
    base64url.decode(String(HS.toJson()["k"])),
  ),
): Promise<string> {
  const text = `${base64url.encode(header)}.${base64url.encode(payload)}`;
  return `${text}.${await hmac(secret, text)}`;
}

const PUBLIC_TEXT = new TextEncoder().encode(
  JSON.stringify(ES.publicKey().toJson()),
);
const GOOD = await HS.sign({ publish: ["**"] });
const [, GOOD_PAYLOAD, GOOD_SIGNATURE] = GOOD.split(".");
const OF_RS = await RS.sign({ publish: ["**"] });

const ATTACKS: readonly [what: string, token: string, code: TokenErrorCode][] =
  [
    [
      "no signature at all (none)",
      `${base64url.encode('{"alg":"none"}')}.${base64url.encode(EVERYTHING)}.`,
      "malformed",
    ],
    [
      "none, with a signature",
      await forge('{"alg":"none","kid":"hs"}', EVERYTHING),
      "algorithm",
    ],
    [
      "none in other case",
      await forge('{"alg":"NoNe","kid":"hs"}', EVERYTHING),
      "algorithm",
    ],
    [
      "the public key as a shared secret",
      await forge('{"alg":"HS256","kid":"es"}', EVERYTHING, PUBLIC_TEXT),
      "algorithm",
    ],
    [
      "the key of another algorithm",
      await forge('{"alg":"HS256","kid":"rs"}', EVERYTHING),
      "algorithm",
    ],
    [
      "the right name, another key",
      OF_RS.replace(/^[^.]+/, base64url.encode('{"alg":"ES256","kid":"es"}')),
      "signature",
    ],
    [
      "RS256 passed off as PS256",
      OF_RS.replace(/^[^.]+/, base64url.encode('{"alg":"PS256","kid":"rs"}')),
      "algorithm",
    ],
    [
      "an unknown key",
      await forge('{"alg":"HS256","kid":"other"}', EVERYTHING),
      "unknown-key",
    ],
    [
      "no key named among several",
      await forge('{"alg":"HS256"}', EVERYTHING),
      "unknown-key",
    ],
    [
      "a path as a key id",
      await forge('{"alg":"HS256","kid":"../hs"}', EVERYTHING),
      "unknown-key",
    ],
    [
      "its own key in the header",
      await forge(
        `{"alg":"HS256","jwk":${JSON.stringify(HS.toJson())}}`,
        EVERYTHING,
      ),
      "unknown-key",
    ],
    [
      "two algorithms",
      await forge('{"alg":"none","alg":"HS256","kid":"hs"}', EVERYTHING),
      "malformed",
    ],
    [
      "a key id that is not a string",
      await forge('{"alg":"HS256","kid":["hs"]}', EVERYTHING),
      "malformed",
    ],
    [
      "critical extensions",
      await forge(
        '{"alg":"HS256","kid":"hs","crit":["b64"],"b64":false}',
        EVERYTHING,
      ),
      "malformed",
    ],
    [
      "other claims under the same signature",
      `${GOOD.split(".")[0]}.${base64url.encode(EVERYTHING)}.${GOOD_SIGNATURE}`,
      "signature",
    ],
    [
      "an empty signature",
      `${GOOD.split(".")[0]}.${GOOD_PAYLOAD}.`,
      "malformed",
    ],
    ["a signature cut short", GOOD.slice(0, -4), "signature"],
    [
      "two roots",
      await forge(
        '{"alg":"HS256","kid":"hs"}',
        '{"root":"a","put":[""],"root":""}',
      ),
      "claim",
    ],
    [
      "two roots, one escaped",
      await forge(
        '{"alg":"HS256","kid":"hs"}',
        '{"root":"a","put":[""],"r\\u006fot":""}',
      ),
      "claim",
    ],
    [
      "both notations of grants",
      await forge(
        '{"alg":"HS256","kid":"hs"}',
        '{"put":["a"],"publish":["**"]}',
      ),
      "claim",
    ],
    [
      "an unknown claim",
      await forge('{"alg":"HS256","kid":"hs"}', '{"put":[""],"admin":true}'),
      "claim",
    ],
    [
      "a list as claims",
      await forge('{"alg":"HS256","kid":"hs"}', "[]"),
      "claim",
    ],
    [
      "claims that are not JSON",
      await forge('{"alg":"HS256","kid":"hs"}', "put"),
      "claim",
    ],
    [
      "expired a second ago",
      await HS.sign({
        publish: ["**"],
        expires: Math.floor(Date.now() / 1000) - 1,
      }),
      "expired",
    ],
    [
      "not valid yet",
      await HS.sign({
        publish: ["**"],
        notBefore: Math.floor(Date.now() / 1000) + 60,
      }),
      "not-yet-valid",
    ],
    ["a JWE's five parts", "a.b.c.d.e", "malformed"],
    ["spaces around it", ` ${GOOD}`, "malformed"],
    ["a line break after it", `${GOOD}\n`, "malformed"],
    ["standard base64", GOOD.replace(/.$/, "+"), "malformed"],
    ["nothing", "", "malformed"],
    [
      "too many characters",
      await forge(
        '{"alg":"HS256","kid":"hs"}',
        `{"put":["${"a".repeat(MAX_TOKEN_LENGTH)}"]}`,
      ),
      "malformed",
    ],
  ];

for (const [what, token, code] of ATTACKS) {
  Deno.test(`KeySet.verify: refuses ${what}`, async () => {
    await assert.rejects(SET.verify(token), (error: Error) => {
      assert.ok(error instanceof TokenError, String(error));
      assert.equal(error.code, code, error.message);
      const [, , signature = ""] = token.split(".");
      // No part of a credential may reach a log.
      return signature.length < 16 || !error.message.includes(signature);
    });
  });
}

Deno.test("KeySet.verify: the token that the attacks start from is valid", async () => {
  assert.deepEqual((await SET.verify(GOOD)).publish, ["**"]);
  const forged = await forge('{"alg":"HS256","kid":"hs"}', EVERYTHING);
  assert.deepEqual((await SET.verify(forged)).subscribe, ["**"]);
});

function throwsTokenErrorAlone(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof TokenError, String(error));
  }
}

Deno.test("parsers of tokens: any text parses or throws TokenError", () => {
  const part = fc.oneof(
    fc.string(),
    fc.json().map((json) => base64url.encode(json)),
  );
  const token = fc.array(part, { maxLength: 4 }).map((it) => it.join("."));
  fc.assert(fc.property(token, (text) => {
    throwsTokenErrorAlone(() => readHeader(text));
    throwsTokenErrorAlone(() => inspectToken(text));
    throwsTokenErrorAlone(() => parseKeySet(text));
  }));
});

Deno.test("readClaims, readJwk: any JSON parses or throws TokenError", () => {
  const names = ["root", "put", "get", "publish", "subscribe", "exp", "jti"];
  const key = ["alg", "kty", "crv", "k", "x", "kid", "scope", "key_ops"];
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom("**", "HS256", "ES256", "oct", "EC", "P-256", "", "a/b"),
    fc.array(fc.string()),
  );
  const objectOf = (fields: readonly string[]) =>
    fc.dictionary(fc.constantFrom(...fields), value);
  fc.assert(fc.property(objectOf(names), (payload) => {
    throwsTokenErrorAlone(() => readClaims(payload));
  }));
  fc.assert(fc.property(objectOf(key), (jwk) => {
    throwsTokenErrorAlone(() => readJwk(jwk));
  }));
});
