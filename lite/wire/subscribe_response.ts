/**
 * A publisher's messages on a subscribe stream: OK up to draft 04, START and END
 * from 05 on, DROP. moq-lite, "SUBSCRIBE_OK" and following.
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
  /** The kind of response. */
  readonly kind: "ok";
  /** The subscription's priority, echoed. */
  readonly priority: number;
  /** The subscription's maximum age in milliseconds, echoed. */
  readonly maxAgeMs: number;
  /** First group that will be sent, if known. */
  readonly startGroup?: number | undefined;
  /** Last group that will be sent, inclusive, if known. */
  readonly endGroup?: number | undefined;
}

/** The first group; once, from draft 05 on. */
interface SubscribeStart {
  /** The kind of response. */
  readonly kind: "start";
  /** Sequence of the first group that will be sent. */
  readonly group: number;
}

/** The end of the track; required before FIN from draft 05 on. */
interface SubscribeEnd {
  /** The kind of response. */
  readonly kind: "end";
  /** One past the last group; 0 for an empty track. */
  readonly group: number;
}

/** Groups that will not be sent; from draft 03 on. */
interface SubscribeDrop {
  /** The kind of response. */
  readonly kind: "drop";
  /** First group that will not be sent. */
  readonly start: number;
  /** Last group that will not be sent, inclusive. */
  readonly end: number;
  /** A stream error number. */
  readonly code: number;
}

/** One response on a subscribe stream. */
export type SubscribeResponse =
  | SubscribeOk
  | SubscribeStart
  | SubscribeEnd
  | SubscribeDrop;

type Kind = SubscribeResponse["kind"];

// The index in the list is the type on the wire.
function kindsOf(version: Version): readonly Kind[] {
  if (hasUntypedOk(version)) return ["ok"];
  return hasSubscribeOk(version) ? ["ok", "drop"] : ["start", "end", "drop"];
}

/** Encodes a message with its type (from draft 03 on) and length. Throws `TypeError` for messages that the draft does not have. */
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

/** Decodes a body; `type` is the varint before its length, 0 on drafts without types. */
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
  reader.u8(); // `ordered`, which is no longer used
  return {
    kind: "ok",
    priority,
    maxAgeMs: readSaturated(reader),
    startGroup: reader.optional(),
    endGroup: reader.optional(),
  };
}
