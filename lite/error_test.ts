/**
 * Error numbers where the drafts cross: what one table sends and the other
 * understands, and numbers that both use.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  asMoqError,
  type CodeTable,
  type ErrorCode,
  MoqError,
  sessionCodeOf,
  sessionErrorOf,
  streamCodeOf,
  streamErrorOf,
} from "./error.ts";

const TABLES: readonly CodeTable[] = ["up-to-05", "from-06"];
const error = (code: ErrorCode, remoteCode?: number): MoqError =>
  new MoqError(code, "Expected one thing, got another", { remoteCode });

for (const table of TABLES) {
  Deno.test(`streamErrorOf on ${table} understands the numbers of both tables`, () => {
    const understood: readonly [number: number, code: ErrorCode][] = [
      [0, "cancelled"],
      [1, "cancelled"],
      [2, "expired"],
      [13, "not-found"],
      [0x33, "not-found"],
      [30, "unroutable"],
      [0x36, "unroutable"],
      [31, "evicted"],
      [0x30, "evicted"],
      [0x35, "evicted"],
      [0x34, "expired"],
      [26, "lagged"],
      [27, "too-large"],
      [0x32, "too-large"],
      [0x38, "too-large"],
      [0x31, "timeout"],
      [0x37, "protocol"],
      [0x39, "protocol"],
      [24, "cancelled"],
      [25, "closed"],
    ];
    for (const [number, code] of understood) {
      const came = streamErrorOf(number, table);
      assert.equal(came.code, code, String(number));
      assert.equal(came.remoteCode, number);
    }
  });

  Deno.test(`sessionErrorOf on ${table}: 2 and 6 mean unauthorized`, () => {
    for (const number of [2, 6]) {
      const came = sessionErrorOf(number, "bad token", table);
      assert.equal(came.code, "unauthorized");
      assert.match(came.message, /code \d: bad token$/);
    }
    assert.equal(sessionErrorOf(0, "", table).code, "closed");
    assert.equal(sessionErrorOf(0x10, "", table).code, "going-away");
    assert.equal(sessionErrorOf(0x15, "", table).code, "version");
    assert.equal(sessionErrorOf(9, "", table).code, "version");
  });

  Deno.test(`application codes pass ${table} unchanged in both directions`, () => {
    for (const number of [64, 468, 566, 2 ** 32]) {
      const stream = streamErrorOf(number, table);
      assert.equal(stream.code, "remote");
      assert.equal(streamCodeOf(stream, table), number);
      const session = sessionErrorOf(number, "", table);
      assert.equal(session.code, "remote");
      assert.equal(sessionCodeOf(session, table), number);
    }
  });
}

Deno.test("streamErrorOf prefers the meaning in the negotiated table", () => {
  const readings: readonly [number, Record<CodeTable, ErrorCode>][] = [
    [3, { "up-to-05": "timeout", "from-06": "closed" }],
    [4, { "up-to-05": "transport", "from-06": "going-away" }],
    [5, { "up-to-05": "decode", "from-06": "lagged" }],
  ];
  for (const [number, codes] of readings) {
    for (const table of TABLES) {
      assert.equal(streamErrorOf(number, table).code, codes[table]);
    }
  }
});

Deno.test("sessionErrorOf prefers the meaning in the negotiated table", () => {
  assert.equal(sessionErrorOf(3, "", "up-to-05").code, "timeout");
  assert.equal(sessionErrorOf(3, "", "from-06").code, "protocol");
  assert.equal(sessionErrorOf(1, "", "up-to-05").code, "transport");
  assert.equal(sessionErrorOf(1, "", "from-06").code, "internal");
});

Deno.test("streamErrorOf calls a number without a meaning remote", () => {
  assert.equal(streamErrorOf(40, "from-06").code, "remote");
  assert.equal(streamErrorOf(40, "up-to-05").remoteCode, 40);
});

Deno.test("streamCodeOf, sessionCodeOf: one error has a number per table", () => {
  const numbers: readonly [ErrorCode, stream: string, session: string][] = [
    ["not-found", "13 51", "13 1"],
    ["unauthorized", "6 54", "6 2"],
    ["protocol", "15 18", "15 3"],
    ["going-away", "0 4", "0 16"],
  ];
  for (const [code, stream, session] of numbers) {
    const sent = TABLES.map((table) => streamCodeOf(error(code), table));
    assert.equal(sent.join(" "), stream);
    const closed = TABLES.map((table) => sessionCodeOf(error(code), table));
    assert.equal(closed.join(" "), session);
  }
});

Deno.test("streamCodeOf translates a peer's number between drafts", () => {
  const came = streamErrorOf(13, "up-to-05");
  assert.equal(streamCodeOf(came, "from-06"), 0x33);
  const back = streamErrorOf(0x36, "from-06");
  assert.equal(streamCodeOf(back, "up-to-05"), 30);
});

Deno.test("asMoqError keeps MoqErrors, maps aborts and wraps the rest", () => {
  const expired = error("expired");
  assert.equal(asMoqError(expired), expired);
  const abort = new DOMException("The signal was aborted", "AbortError");
  assert.equal(asMoqError(abort, "transport").code, "cancelled");
  const cause = new Error("Connection lost");
  const wrapped = asMoqError(cause, "transport");
  assert.equal(wrapped.code, "transport");
  assert.equal(wrapped.cause, cause);
  assert.equal(wrapped.message, "Connection lost");
  assert.equal(asMoqError("text").code, "internal");
  assert.equal(asMoqError("text").message, "text");
});
