/**
 * Which draft has what, written again as one table.
 *
 * @module
 */
import assert from "node:assert/strict";
import * as version from "./version.ts";

const DRAFTS = ["01", "02", "03", "04", "05", "06"] as const;

/** A letter per draft from 01 to 06: `x` has it, `.` has it not. */
const TABLE: readonly [
  predicate: (version: version.Version) => boolean,
  drafts: string,
][] = [
  [version.isInBand, "xx...."],
  [version.hasSetupStream, "....xx"],
  [version.hasAnnounceInit, "xx...."],
  [version.hasAnnounceOk, "....xx"],
  [version.hasExcludeHop, "...xx."],
  [version.hasNoHops, "xx...."],
  [version.hasHopCount, "..x..."],
  [version.hasOwnHopInChain, "..xx.."],
  [version.hasAnnounceStatus, "xxxxx."],
  [version.hasDuplicateActive, "....x."],
  [version.hasCosts, ".....x"],
  [version.hasTrackInfo, "....xx"],
  [version.hasSubscribeRange, "..xxxx"],
  [version.hasSubscribeUpdate, "..xxxx"],
  [version.hasOrderedByte, "..xxx."],
  [version.hasOptionalStart, "..xxx."],
  [version.hasFrameRange, ".....x"],
  [version.startsAtFreshest, ".....x"],
  [version.hasSubscribeOk, "xxxx.."],
  [version.hasPriorityOk, "x....."],
  [version.hasUntypedOk, "xx...."],
  [version.hasTimestamps, "....xx"],
  [version.hasFetch, "....xx"],
  [version.hasDatagrams, "....xx"],
  [version.hasProbe, "..xxxx"],
  [version.hasProbeRtt, "...xxx"],
  [version.hasGoaway, "...xxx"],
];

for (const [predicate, drafts] of TABLE) {
  Deno.test(`${predicate.name} holds on ${drafts}`, () => {
    const holds = DRAFTS.map((draft) => predicate(draft) ? "x" : ".").join("");
    assert.equal(holds, drafts);
  });
}

Deno.test("the table above knows every predicate there is", () => {
  const predicates = Object.keys(version)
    .filter((name) => /^(is|has|starts)[A-Z]/.test(name));
  const tested = TABLE.map(([predicate]) => predicate.name);
  assert.deepEqual(tested.toSorted(), predicates.toSorted());
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
