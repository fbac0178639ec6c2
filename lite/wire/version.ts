/**
 * The drafts of moq-lite, how they are named on the wire, and one predicate per
 * behaviour that differs. No other source file compares versions.
 *
 * @module
 */
import type { CodeTable } from "../error.ts";

/** All drafts spoken and offered here, newest first. */
export const VERSIONS = ["06", "05", "04", "03", "02", "01"] as const;

/** A draft of moq-lite. */
export type Version = typeof VERSIONS[number];

/** Whether a draft does what the predicate is named after. */
type Behaviour = (version: Version) => boolean;

function since(first: Version): Behaviour {
  return (version) => version >= first;
}

function until(last: Version): Behaviour {
  return (version) => version <= last;
}

function between(first: Version, last: Version): Behaviour {
  return (version) => first <= version && version <= last;
}

/** Agreed on in band, on a stream that stays open for the session. */
export const isInBand: Behaviour = until("02");

/** The name shared by the drafts that agree on a version in band (01 and 02). */
export const IN_BAND_ALPN = "moql";

/** The ALPN of a draft. */
export function protocolOf(version: Version): string {
  return isInBand(version) ? IN_BAND_ALPN : `moq-lite-${version}`;
}

const BY_NAME: ReadonlyMap<string, Version> = new Map(
  VERSIONS.filter((version) => !isInBand(version))
    .map((version) => [protocolOf(version), version]),
);

/** ALPNs and WebTransport subprotocols of the drafts that are negotiated by name, newest first. */
export const PROTOCOLS: readonly string[] = [...BY_NAME.keys()];

/** The draft that `protocol` names, `undefined` when none does. */
export function versionOf(protocol: string): Version | undefined {
  return BY_NAME.get(protocol);
}

/** Each side opens with a SETUP on a stream of its own. */
export const hasSetupStream: Behaviour = since("05");

/** Which error numbers are sent. */
export function codeTable(version: Version): CodeTable {
  return version <= "05" ? "up-to-05" : "from-06";
}

/** The announce reply begins with all active paths in one ANNOUNCE_INIT. */
export const hasAnnounceInit: Behaviour = until("02");

/** The announce reply begins with ANNOUNCE_OK. */
export const hasAnnounceOk: Behaviour = since("05");

/** ANNOUNCE_REQUEST names a hop whose routes are left out. */
export const hasExcludeHop: Behaviour = between("04", "05");

/** Announcements carry no hops at all. */
export const hasNoHops: Behaviour = until("02");

/** Announcements carry how many hops, not which. */
export const hasHopCount: Behaviour = between("03", "03");

/** The announcer writes its own hop at the end of the chain; later the receiver takes it from ANNOUNCE_OK. */
export const hasOwnHopInChain: Behaviour = between("03", "04");

/** Announcements are `status, path`, withdrawn by path; later they are typed, with ids and costs. */
export const hasAnnounceStatus: Behaviour = until("05");

/** A second announcement of a live path replaces its route; elsewhere it is a violation. */
export const hasDuplicateActive: Behaviour = between("05", "05");

/** SUBSCRIBE carries more than id, names and priority. */
export const hasSubscribeRange: Behaviour = since("03");

/** A byte `ordered` stands after each priority; written 0, ignored. */
export const hasOrderedByte: Behaviour = between("03", "05");

/** SUBSCRIBE's start is present-or-latest; later it is a raw floor. */
export const hasOptionalStart: Behaviour = between("03", "05");

/** SUBSCRIBE, FETCH and GROUP say which frames of a group. */
export const hasFrameRange: Behaviour = since("06");

/** A subscription is answered at once with SUBSCRIBE_OK; later with START and the first group. */
export const hasSubscribeOk: Behaviour = until("04");

/** SUBSCRIBE_OK echoes the priority alone (01). */
export const hasPriorityOk: Behaviour = until("01");

/** SUBSCRIBE_OK has no type byte in front. */
export const hasUntypedOk: Behaviour = until("02");

/** A subscription can be changed while it runs. */
export const hasSubscribeUpdate: Behaviour = since("03");

/** Tracks have properties of their own, asked for with TRACK; frames have timestamps; groups can be fetched. */
export const hasTrackInfo: Behaviour = since("05");

/** Frames begin with a timestamp delta. */
export const hasTimestamps: Behaviour = since("05");

/** A past group can be fetched. */
export const hasFetch: Behaviour = since("05");

/** One-frame groups can travel as datagrams. */
export const hasDatagrams: Behaviour = since("05");

/** PROBE exists. */
export const hasProbe: Behaviour = since("03");

/** PROBE reports the round-trip time too. */
export const hasProbeRtt: Behaviour = since("04");

/** GOAWAY exists. */
export const hasGoaway: Behaviour = since("04");

/** Announcements carry costs and links have a price. */
export const hasCosts: Behaviour = since("06");

/** Without a start, delivery begins at the oldest group fresh under the maximum age; earlier drafts begin at the newest. */
export const startsAtFreshest: Behaviour = since("06");
