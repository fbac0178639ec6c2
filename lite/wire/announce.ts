/**
 * The requests and first answers of an announce stream; what then comes and
 * goes is in `announcement.ts`. moq-lite, "ANNOUNCE_REQUEST" and following.
 *
 * @module
 */
import { Reader, Writer } from "../bytes/cursor.ts";
import { hasExcludeHop, type Version } from "./version.ts";

export {
  type AnnounceEnd,
  type Announcement,
  type AnnounceRestart,
  type AnnounceStart,
  decodeAnnouncement,
  encodeAnnouncement,
} from "./announcement.ts";
export { COST_MAX, MAX_HOPS } from "./message.ts";

// An empty path takes one byte on the wire and many in memory.
const MAX_INIT_PATHS = 65_536;

/** Opens an announce stream. */
export interface AnnounceRequest {
  /** Paths at or under this one are wanted; `""` for all. */
  readonly prefix: string;
  /** Leave out routes through this hop; drafts 04 and 05 only. */
  readonly excludeHop?: bigint | undefined;
}

/** First answer from draft 05 on. */
export interface AnnounceOk {
  /** The answering hop, which receivers put at the end of every chain; 0 when it withholds its id. */
  readonly hop: bigint;
  /** How many of the announcements that follow were true already. */
  readonly active: number;
}

/** The message behind its length. */
export function encodeAnnounceRequest(
  msg: AnnounceRequest,
  version: Version,
): Uint8Array {
  const body = new Writer().string(msg.prefix);
  if (hasExcludeHop(version)) body.varint(msg.excludeHop ?? 0n);
  return body.message();
}

/** Reads a body. */
export function decodeAnnounceRequest(
  body: Uint8Array,
  version: Version,
): AnnounceRequest {
  const reader = new Reader(body);
  const prefix = reader.path();
  const hop = hasExcludeHop(version) ? reader.id() : 0n;
  reader.end();
  return { prefix, excludeHop: hop === 0n ? undefined : hop };
}

/** The message behind its length. */
export function encodeAnnounceOk(msg: AnnounceOk): Uint8Array {
  return new Writer().varint(msg.hop).varint(msg.active).message();
}

/** Reads a body. */
export function decodeAnnounceOk(body: Uint8Array): AnnounceOk {
  const reader = new Reader(body);
  const msg = { hop: reader.id(), active: reader.varint() };
  reader.end();
  return msg;
}

/** All active paths in one message behind its length: the first answer on drafts 01 and 02. */
export function encodeAnnounceInit(suffixes: readonly string[]): Uint8Array {
  const body = new Writer().varint(suffixes.length);
  for (const suffix of suffixes) body.string(suffix);
  return body.message();
}

/** Reads a body. */
export function decodeAnnounceInit(body: Uint8Array): string[] {
  const reader = new Reader(body);
  const count = reader.count(MAX_INIT_PATHS, "active paths");
  const suffixes: string[] = [];
  for (let i = 0; i < count; i++) suffixes.push(reader.path());
  reader.end();
  return suffixes;
}
