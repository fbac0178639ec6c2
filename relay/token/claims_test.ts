import assert from "node:assert/strict";
import { checkTimes, readClaims, writeClaims } from "./claims.ts";
import { TokenError } from "./error.ts";

Deno.test("readClaims: null is an absent time or name, never a grant", () => {
  const nothing = { exp: null, nbf: null, iat: null, jti: null, sub: null };
  assert.deepEqual(readClaims({ root: "a", put: ["b"], get: [], ...nothing }), {
    root: "a",
    publish: ["b/**"],
    subscribe: [],
  });
  for (const name of ["root", "put", "get"]) {
    const payload = { root: "a", put: ["b"], get: ["b"], [name]: null };
    assert.throws(() => readClaims(payload), TokenError, name);
  }
});

Deno.test("readClaims: keeps the fraction of a time", () => {
  const claims = readClaims({ put: [""], exp: 10.5, nbf: 9.25, iat: 9.125 });
  assert.deepEqual(
    [claims.expires, claims.notBefore, claims.issued],
    [10.5, 9.25, 9.125],
  );
  checkTimes(claims, 10.4);
  assert.throws(() => checkTimes(claims, 10.5), TokenError);
  assert.throws(() => checkTimes(claims, 9.2), TokenError);
});

Deno.test("writeClaims: rounds to whole seconds, never to more time", () => {
  const claims = { publish: ["**"], expires: 10.9, notBefore: 9.1 };
  const { exp, nbf } = writeClaims(claims);
  assert.deepEqual([exp, nbf], [10, 10]);
});
