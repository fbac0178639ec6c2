import assert from "node:assert/strict";
import { readClaims } from "./claims.ts";
import { TokenError } from "./error.ts";

Deno.test("readClaims: null is a time or a name that the token does not say, and never a grant", () => {
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
