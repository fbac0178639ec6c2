/**
 * Which draft has what, written again as one table.
 *
 * @module
 */
import assert from "node:assert/strict";
import * as version from "./version.ts";

const DRAFTS = ["01", "02", "03", "04", "05", "06"] as const;

/** A letter per draft from 01 to 06: `x` has it, `.` has it not. */
const TABLE: Readonly<Record<string, string>> = {
  isInBand: "xx....",
  hasSetupStream: "....xx",
  hasAnnounceInit: "xx....",
  hasAnnounceOk: "....xx",
  hasExcludeHop: "...xx.",
  hasNoHops: "xx....",
  hasHopCount: "..x...",
  hasOwnHopInChain: "..xx..",
  hasAnnounceStatus: "xxxxx.",
  hasDuplicateActive: "....x.",
  hasCosts: ".....x",
  hasTrackInfo: "....xx",
  hasSubscribeRange: "..xxxx",
  hasSubscribeUpdate: "..xxxx",
  hasOrderedByte: "..xxx.",
  hasOptionalStart: "..xxx.",
  hasFrameRange: ".....x",
  startsAtFreshest: ".....x",
  hasSubscribeOk: "xxxx..",
  hasPriorityOk: "x.....",
  hasUntypedOk: "xx....",
  hasTimestamps: "....xx",
  hasFetch: "....xx",
  hasDatagrams: "....xx",
  hasProbe: "..xxxx",
  hasProbeRtt: "...xxx",
  hasGoaway: "...xxx",
};

const PREDICATES = Object.entries(version).filter(([name]) =>
  /^(is|has|starts)[A-Z]/.test(name)
) as [string, (version: version.Version) => boolean][];

for (const [name, predicate] of PREDICATES) {
  Deno.test(`${name} holds on ${TABLE[name]}`, () => {
    const holds = DRAFTS.map((draft) => predicate(draft) ? "x" : ".").join("");
    assert.equal(holds, TABLE[name]);
  });
}

Deno.test("every row of the table is a predicate", () => {
  const names = PREDICATES.map(([name]) => name);
  assert.deepEqual(Object.keys(TABLE).toSorted(), names.toSorted());
});

Deno.test("codeTable changes with draft 06", () => {
  assert.equal(version.codeTable("05"), "up-to-05");
  assert.equal(version.codeTable("06"), "from-06");
});

Deno.test("PROTOCOLS are the drafts with a name of their own, newest first", () => {
  assert.deepEqual(version.PROTOCOLS, [
    "moq-lite-06",
    "moq-lite-05",
    "moq-lite-04",
    "moq-lite-03",
  ]);
  assert.deepEqual(
    version.PROTOCOLS.map(version.versionOf),
    ["06", "05", "04", "03"],
  );
});

Deno.test("protocolOf names each draft, the in-band ones together", () => {
  assert.deepEqual(DRAFTS.map(version.protocolOf), [
    "moql",
    "moql",
    "moq-lite-03",
    "moq-lite-04",
    "moq-lite-05",
    "moq-lite-06",
  ]);
});

Deno.test("versionOf knows no draft in progress and no in-band name", () => {
  for (const protocol of ["moq-lite-06-wip", "moq-lite-07-wip", "moql", ""]) {
    assert.equal(version.versionOf(protocol), undefined);
  }
});
