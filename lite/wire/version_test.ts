/**
 * Which draft has what, written again as one table.
 *
 * @module
 */
import assert from "node:assert/strict";
import * as version from "./version.ts";

const DRAFTS = version.VERSIONS.toReversed();

/** The drafts that have it, first and last: `05-` is from 05 on, `-04` up to 04. */
const TABLE: Readonly<Record<string, string>> = {
  isInBand: "-02",
  hasSetupStream: "05-",
  hasAnnounceInit: "-02",
  hasAnnounceOk: "05-",
  hasExcludeHop: "04-05",
  hasNoHops: "-02",
  hasHopCount: "03",
  hasOwnHopInChain: "03-04",
  hasAnnounceStatus: "-05",
  hasDuplicateActive: "05",
  hasCosts: "06-",
  hasTrackInfo: "05-",
  hasSubscribeRange: "03-",
  hasSubscribeUpdate: "03-",
  hasOrderedByte: "03-05",
  hasOptionalStart: "03-05",
  hasFrameRange: "06-",
  startsAtFreshest: "06-",
  hasSubscribeOk: "-04",
  hasPriorityOk: "01",
  hasUntypedOk: "-02",
  hasTimestamps: "05-",
  hasFetch: "05-",
  hasDatagrams: "05-",
  hasProbe: "03-",
  hasProbeRtt: "04-",
  hasGoaway: "04-",
};

const PREDICATES = Object.entries(version).filter(([name]) =>
  /^(is|has|starts)[A-Z]/.test(name)
) as [string, (version: version.Version) => boolean][];

for (const [name, predicate] of PREDICATES) {
  Deno.test(`${name} holds on the drafts of its row in TABLE`, () => {
    const [first = "", last = first] = TABLE[name]?.split("-") ?? [];
    const expected = DRAFTS.filter((draft) =>
      draft >= first && (last === "" || draft <= last)
    );
    assert.deepEqual(DRAFTS.filter(predicate), expected);
  });
}

Deno.test("TABLE has a row for every predicate, and no other", () => {
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
