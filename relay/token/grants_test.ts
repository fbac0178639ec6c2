import assert from "node:assert/strict";
import { readClaims, writeClaims } from "./claims.ts";
import { TokenError } from "./error.ts";
import { authorize, readGrants, scopeAllows } from "./grants.ts";

function grants(
  root: string,
  publish: readonly string[],
  subscribe: readonly string[] = [],
): ReturnType<typeof readGrants> {
  return readGrants({ root, publish, subscribe });
}

function isTokenError(code: string, message = /./): (error: Error) => boolean {
  return (error) =>
    error instanceof TokenError && error.code === code &&
    message.test(error.message);
}

Deno.test("readGrants: both notations read the same", () => {
  const old = { root: "live", put: ["camera1"], get: [""] };
  const now = {
    root: "live",
    publish: ["camera1/**"],
    subscribe: ["**"],
  };
  assert.deepEqual(readGrants(old), readGrants(now));
  assert.deepEqual(readGrants({ put: "a" }), readGrants({ put: ["/a//"] }));
});

Deno.test("writeClaims: writes the old notation where it is equivalent", () => {
  const written = (publish: string[], subscribe: string[]): object =>
    writeClaims({ root: "/r/", publish, subscribe });
  assert.deepEqual(written(["a/**"], ["**"]), {
    root: "r",
    put: ["a"],
    get: [""],
  });
  assert.deepEqual(written(["a/**"], []), { root: "r", put: ["a"] });
  assert.deepEqual(written(["a/**"], ["*/chat"]), {
    root: "r",
    publish: ["a/**"],
    subscribe: ["*/chat"],
  });
  assert.deepEqual(written([""], []), { root: "r", publish: [""] });
  assert.deepEqual(written(["cam*/**"], []), {
    root: "r",
    publish: ["cam*/**"],
  });
});

const REFUSED: readonly [what: string, payload: object, message: RegExp][] = [
  ["both spellings", { put: ["a"], subscribe: ["**"] }, /mixture/],
  ["both spellings, one empty", { put: ["a"], publish: [] }, /mixture/],
  ["nothing", {}, /grants nothing/],
  ["empty lists", { put: [], get: [] }, /grants nothing/],
  ["null", { put: null, get: ["a"] }, /"put" to be a list/],
  ["a pattern instead of a list", { publish: "**" }, /"publish" to be a list/],
  ["a number among paths", { put: ["a", 1] }, /"put" to be a list of strings/],
  ["a star in a prefix", { put: ["a/*"] }, /"put" without "\*"/],
  ["a star in the root", { root: "a/**", put: [""] }, /"root" without/],
  [
    "a root that is not a string",
    { root: 1, put: [""] },
    /"root" to be a path/,
  ],
  ["a doubled slash in a pattern", { publish: ["a//b"] }, /doubled slash/],
  ["two double stars", { publish: ["**/a/**"] }, /at most once/],
  ["33 segments", { root: "a/".repeat(20), put: ["b/".repeat(13)] }, /32/],
  ["257 entries", { put: Array.from({ length: 257 }, String) }, /at most 256/],
];

for (const [what, payload, message] of REFUSED) {
  Deno.test(`readGrants: refuses ${what}`, () => {
    assert.throws(
      () => readGrants({ ...payload }),
      isTokenError("claim", message),
    );
  });
}

for (
  const [what, payload, message] of [
    ["an unknown claim", { cluster: true }, /claim "cluster"/],
    ["a misspelt root", { rooot: "a" }, /claim "rooot"/],
    ["__proto__", JSON.parse('{"__proto__":{}}'), /claim "__proto__"/],
    ["a time before 1970", { exp: -0.5 }, /"exp" .* got -0.5/],
    ["an infinite time", { exp: Infinity }, /"exp" .* got null/],
    ["a string as time", { nbf: "1" }, /"nbf" .* got "1"/],
    ["an id that is not a string", { jti: 7 }, /"jti" to be a string/],
  ] as const
) {
  Deno.test(`readClaims: refuses ${what}`, () => {
    const claims = { put: [""], ...payload };
    // Spreading would take __proto__ as the prototype.
    if (what === "__proto__") {
      Object.defineProperty(claims, what, { value: {}, enumerable: true });
    }
    assert.throws(() => readClaims(claims), isTokenError("claim", message));
  });
}

Deno.test("readClaims: reads revocation names and times", () => {
  const payload = {
    root: "",
    put: [""],
    sub: "ann",
    jti: "7",
    iss: "x",
    exp: 3,
    nbf: 1,
    iat: 2,
  };
  const claims = readClaims(payload);
  assert.deepEqual(
    [
      claims.subject,
      claims.id,
      claims.expires,
      claims.notBefore,
      claims.issued,
    ],
    ["ann", "7", 3, 1, 2],
  );
  assert.deepEqual(writeClaims(claims), payload);
});

Deno.test("authorize: a path may be below or above the root", () => {
  const of = grants("demo", ["alice/**"], ["**"]);
  const at = (path: string): object => authorize(of, path);
  assert.deepEqual(at("/demo"), { publish: ["alice/**"], subscribe: ["**"] });
  assert.deepEqual(at("demo/alice//cam/"), {
    publish: ["**"],
    subscribe: ["**"],
  });
  assert.deepEqual(at("demo/bob"), { publish: [], subscribe: ["**"] });
  assert.deepEqual(at("/"), {
    publish: ["demo/alice/**"],
    subscribe: ["demo/**"],
  });
});

Deno.test("authorize: an exact grant covers nothing below its path", () => {
  const of = grants("a", ["b"]);
  assert.deepEqual(authorize(of, "a").publish, ["b"]);
  assert.deepEqual(authorize(of, "a/b").publish, [""]);
  assert.throws(() => authorize(of, "a/b/c"), isTokenError("path"));
});

for (
  const path of [
    "demolition",
    "dem",
    "other",
    "other/demo",
    "demo/alicia",
    "demo/alice2/x",
    "demo/../demo/alice",
    "./demo/alice",
    "..",
    "DEMO/alice",
    "demo/alice%2Fx",
    "demo%2Falice",
    "demo\\alice",
    "demo/al\u0131ce", // dotless i
    "demo/alice\u200b", // zero-width space
    "demo /alice",
    "demo/\uff41lice", // full-width a
  ]
) {
  Deno.test(`authorize: ${JSON.stringify(path)} is not demo/alice`, () => {
    const of = grants("demo", ["alice/**"]);
    assert.throws(() => authorize(of, path), isTokenError("path"));
  });
}

Deno.test("authorize: look-alike code points are different paths", () => {
  const composed = grants("caf\u00e9", ["**"]);
  assert.throws(
    () => authorize(composed, "cafe\u0301"),
    isTokenError("path"),
  );
});

Deno.test("scopeAllows: any split of the root, each direction separately", () => {
  const scope = grants("project", ["live/**"]);
  const allowed = [
    grants("project", ["live/room/**"]),
    grants("", ["project/live/room/**", "project/live"]),
    grants("project/live", ["**", "*/x"]),
  ];
  const refused = [
    grants("project", ["lively/**"]),
    grants("project", ["**"]),
    grants("", ["**"]),
    grants("project", ["live/room/**", "other/**"]),
    grants("project", [], ["live/**"]),
    grants("project", ["live/a/**"], ["live/a/**"]),
    grants("project", ["*/live/**"]),
  ];
  for (const it of allowed) assert.equal(scopeAllows(scope, it), true);
  for (const it of refused) assert.equal(scopeAllows(scope, it), false);
});
