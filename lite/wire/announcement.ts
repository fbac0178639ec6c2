/**
 * What comes and goes on an announce stream: by status and path up to draft
 * 05, typed and by id from 06 on. moq-lite, "ANNOUNCE_START" and following.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import { Reader, Writer } from "../bytes/cursor.ts";
import { COST_MAX, MAX_HOPS, readCost, writeCost } from "./message.ts";
import {
  hasAnnounceStatus,
  hasDuplicateActive,
  hasHopCount,
  hasNoHops,
  type Version,
} from "./version.ts";

const START = 0;
const END = 1;
const RESTART = 2;

const STATUS_ENDED = 0;
const STATUS_ACTIVE = 1;
const STATUS_RESTART = 2;

/** The way to a path. */
interface Route {
  /** Through whom, oldest first; 0 for an unknown hop. */
  readonly hops: readonly bigint[];
  /** Cost while somebody on the route carries it already. */
  readonly warm: number;
  /** Cost to begin carrying it. */
  readonly cold: number;
}

/** A path became available. On draft 05 also: a live path has another route. */
export interface AnnounceStart extends Route {
  /** Tells the kinds of announcement apart. */
  readonly kind: "start";
  /** The path below the requested prefix; `""` for the prefix itself. */
  readonly suffix: string;
}

/** A path is gone: from draft 06 on by id, before by suffix. */
export interface AnnounceEnd {
  /** Tells the kinds of announcement apart. */
  readonly kind: "end";
  /** The position of its START among all STARTs on this stream, from 0. */
  readonly id?: number | undefined;
  /** The path below the requested prefix. */
  readonly suffix?: string | undefined;
}

/** A live path has another route; from draft 06 on. */
export interface AnnounceRestart extends Route {
  /** Tells the kinds of announcement apart. */
  readonly kind: "restart";
  /** The position of its START among all STARTs on this stream, from 0. */
  readonly id: number;
}

/** One change on an announce stream. */
export type Announcement = AnnounceStart | AnnounceEnd | AnnounceRestart;

/** The message behind its type (from draft 06 on) and length. Throws `TypeError` for what the draft cannot say. */
export function encodeAnnouncement(
  msg: Announcement,
  version: Version,
): Uint8Array {
  return hasAnnounceStatus(version)
    ? encodeStatus(msg, version)
    : encodeTyped(msg, version);
}

/**
 * Reads a body; `type` is the varint in front of its length, `undefined` on
 * drafts that have none. `undefined` for a type not known here, to be skipped.
 */
export function decodeAnnouncement(
  type: number | undefined,
  body: Uint8Array,
  version: Version,
): Announcement | undefined {
  const reader = new Reader(body);
  const msg = hasAnnounceStatus(version)
    ? readStatus(reader, version)
    : readTyped(reader, type, version);
  if (msg) reader.end();
  return msg;
}

function encodeStatus(msg: Announcement, version: Version): Uint8Array {
  if (msg.kind === "restart") {
    throw new TypeError(
      `Expected a start or an end on draft ${version}, got a restart`,
    );
  }
  if (msg.suffix === undefined) {
    throw new TypeError(
      `Expected an end by path on draft ${version}, got no path`,
    );
  }
  const ended = msg.kind === "end";
  const body = new Writer()
    .u8(ended ? STATUS_ENDED : STATUS_ACTIVE)
    .string(msg.suffix);
  writeHops(body, ended ? [] : msg.hops, version);
  return body.message();
}

function readStatus(reader: Reader, version: Version): Announcement {
  const status = reader.u8();
  const suffix = reader.path();
  const hops = readHops(reader, version);
  if (status === STATUS_ENDED) return { kind: "end", suffix };
  const active = status === STATUS_ACTIVE ||
    (status === STATUS_RESTART && hasDuplicateActive(version));
  if (!active) {
    throw new MoqError("decode", `Expected an announce status, got ${status}`);
  }
  return { kind: "start", suffix, hops, warm: 0, cold: COST_MAX };
}

function encodeTyped(msg: Announcement, version: Version): Uint8Array {
  const body = new Writer();
  if (msg.kind === "end") {
    if (msg.id === undefined) {
      throw new TypeError(
        `Expected an end by id on draft ${version}, got no id`,
      );
    }
    return typed(END, body.varint(msg.id));
  }
  if (msg.kind === "start") body.string(msg.suffix);
  else body.varint(msg.id);
  writeHops(body, msg.hops, version);
  writeCost(body, msg.warm);
  writeCost(body, msg.cold);
  return typed(msg.kind === "start" ? START : RESTART, body);
}

function typed(type: number, body: Writer): Uint8Array {
  return new Writer().varint(type).sized(body.finish()).finish();
}

function readTyped(
  reader: Reader,
  type: number | undefined,
  version: Version,
): Announcement | undefined {
  if (type === START) {
    const suffix = reader.path();
    return { kind: "start", suffix, ...readRoute(reader, version) };
  }
  if (type === END) return { kind: "end", id: reader.varint() };
  if (type === RESTART) {
    const id = reader.varint();
    return { kind: "restart", id, ...readRoute(reader, version) };
  }
  return undefined;
}

function readRoute(reader: Reader, version: Version): Route {
  const hops = readHops(reader, version);
  return { hops, warm: readCost(reader), cold: readCost(reader) };
}

function writeHops(
  writer: Writer,
  hops: readonly bigint[],
  version: Version,
): void {
  if (hops.length > MAX_HOPS) {
    throw new RangeError(
      `Expected at most ${MAX_HOPS} hops, got ${hops.length}`,
    );
  }
  if (hasNoHops(version)) return;
  writer.varint(hops.length);
  if (hasHopCount(version)) return;
  for (const hop of hops) writer.varint(hop);
}

function readHops(reader: Reader, version: Version): bigint[] {
  if (hasNoHops(version)) return [];
  const count = reader.count(MAX_HOPS, "hops");
  const hops: bigint[] = [];
  for (let i = 0; i < count; i++) {
    const hop = hasHopCount(version) ? 0n : reader.id();
    if (hop !== 0n && hops.includes(hop)) {
      throw new MoqError("decode", `Expected each hop once, got ${hop} again`);
    }
    hops.push(hop);
  }
  return hops;
}
