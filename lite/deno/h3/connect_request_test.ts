import assert from "node:assert/strict";
import { MoqError } from "../../error.ts";
import {
  readRequest,
  readResponse,
  writeRequest,
  writeResponse,
} from "./connect_request.ts";
import type { Field } from "./qpack.ts";

const CHROMIUM: readonly Field[] = [
  [":scheme", "https"],
  [":method", "CONNECT"],
  [":authority", "127.0.0.1:4443"],
  [":path", "/demo?jwt=abc"],
  [":protocol", "webtransport"],
  ["sec-webtransport-http3-draft02", "1"],
  ["origin", "http://localhost:8080"],
  ["wt-available-protocols", '"moq-lite-06", "moqt-16"'],
];

function without(name: string, ...added: Field[]): Field[] {
  return [...CHROMIUM.filter(([n]) => n !== name), ...added];
}

Deno.test("readRequest: what Chromium asks for", () => {
  const request = readRequest(CHROMIUM);
  assert.ok(!("status" in request));
  assert.equal(request.url.href, "https://127.0.0.1:4443/demo?jwt=abc");
  assert.deepEqual(request.offered, ["moq-lite-06", "moqt-16"]);
  assert.equal(request.headers.get("origin"), "http://localhost:8080");
});

Deno.test("readRequest: reads back what writeRequest wrote", () => {
  const url = new URL("https://[::1]:8443/a/b?c=d#fragment");
  const headers = new Headers({ "x-trace": "7" });
  const request = readRequest(writeRequest(url, { protocols: ["a"], headers }));
  assert.ok(!("status" in request));
  assert.equal(request.url.href, "https://[::1]:8443/a/b?c=d");
  assert.deepEqual(request.offered, ["a"]);
  assert.equal(request.headers.get("x-trace"), "7");
});

Deno.test("readRequest: everything else gets a status", () => {
  const path: Field = [":path", "/"];
  const cases: readonly (readonly [fields: Field[], status: number])[] = [
    [[[":method", "GET"], path], 404],
    [without(":protocol"), 501],
    [[[":protocol", "connect-udp"], ...without(":protocol")], 501],
    [without(":path"), 400],
    [[[":scheme", "http"], ...without(":scheme")], 400],
    [without(":authority"), 400],
    [[[":authority", "a/b"], ...without(":authority")], 400],
    [[[":authority", "user@a"], ...without(":authority")], 400],
    [[[":authority", "a b"], ...without(":authority")], 400],
    [[...CHROMIUM, path], 400], // a pseudo-header behind a header
    [[path, ...CHROMIUM], 400], // twice
    [[...CHROMIUM, ["Upper", "case"]], 400],
    [[...CHROMIUM, ["x", "a\nb"]], 400],
  ];
  for (const [fields, status] of cases) {
    assert.deepEqual(readRequest(fields), { status }, JSON.stringify(fields));
  }
});

Deno.test("readResponse: reads back what writeResponse wrote", () => {
  assert.deepEqual(readResponse(writeResponse(200, "moq-lite-06")), {
    status: 200,
    protocol: "moq-lite-06",
  });
  assert.deepEqual(readResponse(writeResponse(404)), {
    status: 404,
    protocol: undefined,
  });
  for (const status of ["", "20", "2000", "abc", "600"]) {
    assert.throws(() => readResponse([[":status", status]]), MoqError);
  }
});
