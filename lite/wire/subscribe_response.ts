/**
 * What a publisher says on a subscribe stream: OK up to draft 04, START and
 * END from 05 on, DROP. moq-lite, "SUBSCRIBE_OK" and following.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import { Reader, Writer } from "../bytes/cursor.ts";
import { readSaturated, UNLIMITED_MS, writeMs } from "./message.ts";
import {
  hasPriorityOk,
  hasSubscribeOk,
  hasUntypedOk,
  type Version,
} from "./version.ts";

/** Accepted; up to draft 04. */
interface SubscribeOk {
  /** Tells the kinds of response apart. */
  readonly kind: "ok";
  /** The subscription's priority, echoed. */
  readonly priority: number;
  /** The subscription's maximum age in milliseconds, echoed. */
  readonly maxAgeMs: number;
  /** First group that will come, when it is known. */
  readonly startGroup?: number | undefined;
  /** Last group that will come, inclusive, when it is known. */
  readonly endGroup?: number | undefined;
}

/** Says which group comes first; once, from draft 05 on. */
interface SubscribeStart {
  /** Tells the kinds of response apart. */
  readonly kind: "start";
  /** Sequence of the first group that will come. */
  readonly group: number;
}

/** Says where the track ends; must come before FIN from draft 05 on. */
interface SubscribeEnd {
  /** Tells the kinds of response apart. */
  readonly kind: "end";
  /** One past the last group; 0 for an empty track. */
  readonly group: number;
}

/** Says that groups will not come; from draft 03 on. */
interface SubscribeDrop {
  /** Tells the kinds of response apart. */
  readonly kind: "drop";
  /** First group that will not come. */
  readonly start: number;
  /** Last group that will not come, inclusive. */
  readonly end: number;
  /** A stream error number that says why. */
  readonly code: number;
}

/** One response on a subscribe stream. */
export type SubscribeResponse =
  | SubscribeOk
  | SubscribeStart
  | SubscribeEnd
  | SubscribeDrop;

type Kind = SubscribeResponse["kind"];

// A kind's type on the wire is its place in the list.
function kindsOf(version: Version): readonly Kind[] {
  if (hasUntypedOk(version)) return ["ok"];
  return hasSubscribeOk(version) ? ["ok", "drop"] : ["start", "end", "drop"];
}

/** The message behind its type (from draft 03 on) and length. Throws `TypeError` for what the draft cannot say. */
export function encodeSubscribeResponse(
  msg: SubscribeResponse,
  version: Version,
): Uint8Array {
  const type = kindsOf(version).indexOf(msg.kind);
  if (type < 0) {
    throw new TypeError(
      `Expected one of ${
        kindsOf(version)
      } on draft ${version}, got ${msg.kind}`,
    );
  }
  const body = new Writer();
  writeBody(body, msg, version);
  if (hasUntypedOk(version)) return body.message();
  return new Writer().varint(type).sized(body.finish()).finish();
}

/** Reads a body; `type` is the varint in front of its length, 0 on drafts that have none. */
export function decodeSubscribeResponse(
  type: number,
  body: Uint8Array,
  version: Version,
): SubscribeResponse {
  const kind = kindsOf(version)[type];
  if (kind === undefined) {
    throw new MoqError(
      "decode",
      `Expected a subscribe response of type 0 to ${
        kindsOf(version).length - 1
      }, got ${type}`,
    );
  }
  const reader = new Reader(body);
  const msg = readBody(reader, kind, version);
  reader.end();
  return msg;
}

function writeBody(
  writer: Writer,
  msg: SubscribeResponse,
  version: Version,
): void {
  switch (msg.kind) {
    case "ok":
      return writeOk(writer, msg, version);
    case "start":
    case "end":
      writer.varint(msg.group);
      return;
    case "drop":
      writer.varint(msg.start).varint(msg.end).varint(msg.code);
  }
}

function readBody(
  reader: Reader,
  kind: Kind,
  version: Version,
): SubscribeResponse {
  switch (kind) {
    case "ok":
      return readOk(reader, version);
    case "start":
    case "end":
      return { kind, group: reader.varint() };
    case "drop":
      return {
        kind,
        start: reader.varint(),
        end: reader.varint(),
        code: readSaturated(reader),
      };
  }
}

function writeOk(writer: Writer, msg: SubscribeOk, version: Version): void {
  if (hasPriorityOk(version)) writer.u8(msg.priority);
  if (hasUntypedOk(version)) return;
  writer.u8(msg.priority).u8(0);
  writeMs(writer, msg.maxAgeMs);
  writer.optional(msg.startGroup).optional(msg.endGroup);
}

function readOk(reader: Reader, version: Version): SubscribeOk {
  if (hasUntypedOk(version)) {
    const priority = hasPriorityOk(version) ? reader.u8() : 0;
    return { kind: "ok", priority, maxAgeMs: UNLIMITED_MS };
  }
  const priority = reader.u8();
  reader.u8(); // `ordered`, which nobody honours any more
  return {
    kind: "ok",
    priority,
    maxAgeMs: readSaturated(reader),
    startGroup: reader.optional(),
    endGroup: reader.optional(),
  };
}
