/**
 * The drafts of moq-lite, how they are named on the wire, and one predicate per
 * behaviour that differs. Nothing else compares versions.
 *
 * @module
 */
import type { CodeTable } from "../error.ts";

/** A draft of moq-lite, newest first in {@linkcode VERSIONS}. */
export type Version = "06" | "05" | "04" | "03" | "02" | "01";

/** All drafts spoken here, in order of preference. */
export const VERSIONS: readonly Version[] = [
  "06",
  "05",
  "04",
  "03",
  "02",
  "01",
];

const ALPNS: ReadonlyMap<string, Version> = new Map([
  ["moq-lite-06", "06"],
  ["moq-lite-05", "05"],
  ["moq-lite-04", "04"],
  ["moq-lite-03", "03"],
]);

/** The name shared by the drafts that agree on a version in band (01 and 02). */
export const IN_BAND_ALPN = "moql";

/** ALPNs and WebTransport subprotocols of the drafts that are negotiated by name, in order of preference. */
export const PROTOCOLS: readonly string[] = [...ALPNS.keys()];

/** The draft that `protocol` names, `undefined` when none does. */
export function versionOf(protocol: string): Version | undefined {
  return ALPNS.get(protocol);
}

/** The ALPN of a draft. */
export function protocolOf(version: Version): string {
  return isInBand(version) ? IN_BAND_ALPN : `moq-lite-${version}`;
}

function isOneOf(version: Version, ...old: Version[]): boolean {
  return old.includes(version);
}

/** Agreed on in band, on a stream that stays open for the session. */
export function isInBand(version: Version): boolean {
  return isOneOf(version, "01", "02");
}

/** Each side opens with a SETUP on a stream of its own. */
export function hasSetupStream(version: Version): boolean {
  return !isOneOf(version, "01", "02", "03", "04");
}

/** Which error numbers are sent. */
export function codeTable(version: Version): CodeTable {
  return isOneOf(version, "01", "02", "03", "04", "05")
    ? "up-to-05"
    : "from-06";
}

/** The announce reply begins with all active paths in one ANNOUNCE_INIT. */
export function hasAnnounceInit(version: Version): boolean {
  return isOneOf(version, "01", "02");
}

/** The announce reply begins with ANNOUNCE_OK. */
export function hasAnnounceOk(version: Version): boolean {
  return !isOneOf(version, "01", "02", "03", "04");
}

/** ANNOUNCE_REQUEST names a hop whose routes are left out. */
export function hasExcludeHop(version: Version): boolean {
  return isOneOf(version, "04", "05");
}

/** Announcements carry no hops at all. */
export function hasNoHops(version: Version): boolean {
  return isOneOf(version, "01", "02");
}

/** Announcements carry how many hops, not which. */
export function hasHopCount(version: Version): boolean {
  return isOneOf(version, "03");
}

/** The announcer writes its own hop at the end of the chain; later the receiver takes it from ANNOUNCE_OK. */
export function hasOwnHopInChain(version: Version): boolean {
  return isOneOf(version, "03", "04");
}

/** Announcements are `status, path`, withdrawn by path; later they are typed, with ids and costs. */
export function hasAnnounceStatus(version: Version): boolean {
  return isOneOf(version, "01", "02", "03", "04", "05");
}

/** A second announcement of a live path replaces its route; elsewhere it is a violation. */
export function hasDuplicateActive(version: Version): boolean {
  return isOneOf(version, "05");
}

/** SUBSCRIBE carries more than id, names and priority. */
export function hasSubscribeRange(version: Version): boolean {
  return !isOneOf(version, "01", "02");
}

/** A byte `ordered` stands after each priority; written 0, ignored. */
export function hasOrderedByte(version: Version): boolean {
  return isOneOf(version, "03", "04", "05");
}

/** SUBSCRIBE's start is present-or-latest; later it is a raw floor. */
export function hasOptionalStart(version: Version): boolean {
  return isOneOf(version, "03", "04", "05");
}

/** SUBSCRIBE, FETCH and GROUP say which frames of a group. */
export function hasFrameRange(version: Version): boolean {
  return !isOneOf(version, "01", "02", "03", "04", "05");
}

/** A subscription is answered at once with SUBSCRIBE_OK; later with START and the first group. */
export function hasSubscribeOk(version: Version): boolean {
  return isOneOf(version, "01", "02", "03", "04");
}

/** SUBSCRIBE_OK echoes the priority alone (01). */
export function hasPriorityOk(version: Version): boolean {
  return isOneOf(version, "01");
}

/** SUBSCRIBE_OK has no type byte in front. */
export function hasUntypedOk(version: Version): boolean {
  return isOneOf(version, "01", "02");
}

/** A subscription can be changed while it runs. */
export function hasSubscribeUpdate(version: Version): boolean {
  return !isOneOf(version, "01", "02");
}

/** Tracks have properties of their own, asked for with TRACK; frames have timestamps; groups can be fetched. */
export function hasTrackInfo(version: Version): boolean {
  return !isOneOf(version, "01", "02", "03", "04");
}

/** Frames begin with a timestamp delta. */
export function hasTimestamps(version: Version): boolean {
  return !isOneOf(version, "01", "02", "03", "04");
}

/** A past group can be fetched. */
export function hasFetch(version: Version): boolean {
  return !isOneOf(version, "01", "02", "03", "04");
}

/** One-frame groups can travel as datagrams. */
export function hasDatagrams(version: Version): boolean {
  return !isOneOf(version, "01", "02", "03", "04");
}

/** PROBE exists. */
export function hasProbe(version: Version): boolean {
  return !isOneOf(version, "01", "02");
}

/** PROBE reports the round-trip time too. */
export function hasProbeRtt(version: Version): boolean {
  return !isOneOf(version, "01", "02", "03");
}

/** GOAWAY exists. */
export function hasGoaway(version: Version): boolean {
  return !isOneOf(version, "01", "02", "03");
}

/** Announcements carry costs and links have a price. */
export function hasCosts(version: Version): boolean {
  return !isOneOf(version, "01", "02", "03", "04", "05");
}

/** Without a start, delivery begins at the oldest group fresh under the maximum age; earlier drafts begin at the newest. */
export function startsAtFreshest(version: Version): boolean {
  return !isOneOf(version, "01", "02", "03", "04", "05");
}
