/**
 * Converts the fields of a vector, plain JSON, to our messages and back.
 *
 * @module
 */
import { Reader, Writer } from "../../../lite/bytes/cursor.ts";
import { unzigzag, zigzag } from "../../../lite/bytes/varint.ts";
import { encodeFrameHeader, FrameScanner } from "../../../lite/model/frame.ts";
import * as announce from "../../../lite/wire/announce.ts";
import * as datagram from "../../../lite/wire/datagram.ts";
import * as fetch from "../../../lite/wire/fetch.ts";
import * as goaway from "../../../lite/wire/goaway.ts";
import * as group from "../../../lite/wire/group.ts";
import * as inBand from "../../../lite/wire/in_band.ts";
import * as probe from "../../../lite/wire/probe.ts";
import * as setup from "../../../lite/wire/setup.ts";
import { BidiType, UniType } from "../../../lite/wire/stream_type.ts";
import * as subscribe from "../../../lite/wire/subscribe.ts";
import * as track from "../../../lite/wire/track.ts";
import type { Version } from "../../../lite/wire/version.ts";

/** A draft, by its name in the vectors. */
export type Draft = Version;

/** The fields of a message as JSON. */
export type Fields = { readonly [name: string]: unknown };

/** A message without its framing on the stream. */
export interface Unframed {
  /** The type before the length, or 0. */
  readonly type: number;
  /** The bytes that the length counts. */
  readonly body: Uint8Array;
}

/** One message's encoder and decoder. */
export interface Codec {
  /** The stream type before it, in hexadecimal, if it opens a stream. */
  readonly stream: string | undefined;
  /** The message's bytes on the stream. */
  encode(fields: Fields, draft: Draft): Uint8Array;
  /** Removes type and length from the message's bytes on the stream. */
  unframe(bytes: Uint8Array, draft: Draft): Unframed;
  /** The fields; `null` for a message to skip. */
  decode(unframed: Unframed, draft: Draft): Fields | null;
}

interface Parts<T> {
  readonly stream?: number;
  /** Drafts that write a message type before the length. */
  readonly typed?: readonly Draft[];
  encode(msg: T, draft: Draft): Uint8Array;
  decode(body: Uint8Array, draft: Draft, type: number): T | undefined;
}

const IDS = ["hop", "excludeHop"];
const COSTS = ["cost", "warm", "cold"];

/** Converts JSON to the types of our interfaces. */
function toMessage(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if (IDS.includes(name)) return [name, BigInt(value as string)];
      if (name === "hops") return [name, (value as string[]).map(BigInt)];
      if (COSTS.includes(name) && value === "max") return [name, Infinity];
      if (name === "payload") return [name, Uint8Array.fromHex(String(value))];
      return [name, value];
    }),
  );
}

/** Converts the types of our interfaces to JSON. */
function toFields(msg: object): Fields {
  return Object.fromEntries(
    Object.entries(msg)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => {
        if (typeof value === "bigint") return [name, String(value)];
        if (name === "hops") return [name, value.map(String)];
        if (value === Infinity) return [name, "max"];
        return [name, value instanceof Uint8Array ? value.toHex() : value];
      }),
  );
}

function streamType(type: number | undefined): string | undefined {
  return type?.toString(16).padStart(2, "0");
}

/** A message with its length in front, and on some drafts its type. */
function message<T extends object>(parts: Parts<T>): Codec {
  return {
    stream: streamType(parts.stream),
    encode: (fields, draft) => parts.encode(toMessage(fields) as T, draft),
    unframe(bytes, draft): Unframed {
      const reader = new Reader(bytes);
      const type = parts.typed?.includes(draft) ? reader.varint() : 0;
      const body = reader.sized();
      reader.end();
      return { type, body };
    },
    decode({ type, body }, draft): Fields | null {
      const msg = parts.decode(body, draft, type);
      return msg ? toFields(msg) : null;
    },
  };
}

/** A message of the in-band negotiation, with a 16-bit length in front. */
function inBandMessage<T extends object>(parts: Parts<T>): Codec {
  return {
    ...message(parts),
    unframe(bytes): Unframed {
      const reader = new Reader(bytes);
      const body = reader.bytes(reader.u8() * 256 + reader.u8());
      reader.end();
      return { type: 0, body };
    },
  };
}

/** Bytes without a length in front. */
function bare<T extends object>(parts: Parts<T>): Codec {
  return { ...message(parts), unframe: (body) => ({ type: 0, body }) };
}

interface JsonFrame {
  readonly timestamp: number;
  readonly payload: string;
}

function encodeFrames(frames: readonly JsonFrame[]): Uint8Array {
  const writer = new Writer();
  let previous = 0;
  for (const { timestamp, payload } of frames) {
    const bytes = Uint8Array.fromHex(payload);
    writer.bytes(encodeFrameHeader(timestamp, previous, bytes.byteLength));
    writer.bytes(bytes);
    previous = timestamp;
  }
  return writer.finish();
}

function decodeFrames(bytes: Uint8Array): readonly JsonFrame[] {
  const frames: { timestamp: number; payload: string }[] = [];
  const scanner = new FrameScanner({
    frame: (timestamp) => void frames.push({ timestamp, payload: "" }),
    payload: (chunk) => void (frames.at(-1)!.payload += chunk.toHex()),
  });
  scanner.push(bytes);
  return frames;
}

/** Every message in the vectors. */
export const CODECS: { readonly [message: string]: Codec } = {
  announce_request: message<announce.AnnounceRequest>({
    stream: BidiType.announce,
    encode: announce.encodeAnnounceRequest,
    decode: announce.decodeAnnounceRequest,
  }),
  announce_ok: message<announce.AnnounceOk>({
    encode: announce.encodeAnnounceOk,
    decode: announce.decodeAnnounceOk,
  }),
  announce_init: message<{ readonly suffixes: string[] }>({
    encode: ({ suffixes }) => announce.encodeAnnounceInit(suffixes),
    decode: (body) => ({ suffixes: announce.decodeAnnounceInit(body) }),
  }),
  announcement: message<announce.Announcement>({
    typed: ["06"],
    encode: announce.encodeAnnouncement,
    decode: (body, draft, type) =>
      announce.decodeAnnouncement(
        draft === "06" ? type : undefined,
        body,
        draft,
      ),
  }),
  client_setup: inBandMessage<inBand.ClientSetup>({
    stream: BidiType.clientSetup,
    encode: inBand.encodeClientSetup,
    decode: inBand.decodeClientSetup,
  }),
  datagram: bare<datagram.Datagram>({
    encode: datagram.encodeDatagram,
    decode: datagram.decodeDatagram,
  }),
  fetch: message<fetch.Fetch>({
    stream: BidiType.fetch,
    encode: fetch.encodeFetch,
    decode: fetch.decodeFetch,
  }),
  frames: bare<{ readonly frames: readonly JsonFrame[] }>({
    encode: ({ frames }) => encodeFrames(frames),
    decode: (bytes) => ({ frames: decodeFrames(bytes) }),
  }),
  goaway: message<goaway.Goaway>({
    stream: BidiType.goaway,
    encode: goaway.encodeGoaway,
    decode: goaway.decodeGoaway,
  }),
  group: message<group.GroupHeader>({
    stream: UniType.group,
    encode: group.encodeGroupHeader,
    decode: group.decodeGroupHeader,
  }),
  probe: message<probe.Probe>({
    encode: probe.encodeProbe,
    decode: probe.decodeProbe,
  }),
  server_setup: inBandMessage<{ readonly code: number }>({
    stream: BidiType.serverSetup,
    encode: ({ code }) => inBand.encodeServerSetup(code),
    decode: (body) => ({ code: inBand.decodeServerSetup(body) }),
  }),
  session_info: message<{ readonly bitrateBps: number }>({
    encode: ({ bitrateBps }) => inBand.encodeSessionInfo(bitrateBps),
    decode: (body) => ({ bitrateBps: inBand.decodeSessionInfo(body) }),
  }),
  setup: message<setup.Setup>({
    stream: UniType.setup,
    encode: setup.encodeSetup,
    decode: setup.decodeSetup,
  }),
  subscribe: message<subscribe.Subscribe>({
    stream: BidiType.subscribe,
    encode: subscribe.encodeSubscribe,
    decode: subscribe.decodeSubscribe,
  }),
  subscribe_update: message<subscribe.SubscribeFields>({
    encode: subscribe.encodeSubscribeUpdate,
    decode: subscribe.decodeSubscribeUpdate,
  }),
  subscribe_response: message<subscribe.SubscribeResponse>({
    typed: ["03", "04", "05", "06"],
    encode: subscribe.encodeSubscribeResponse,
    decode: (body, draft, type) =>
      subscribe.decodeSubscribeResponse(type, body, draft),
  }),
  track: message<track.TrackRequestMessage>({
    stream: BidiType.track,
    encode: track.encodeTrackRequest,
    decode: track.decodeTrackRequest,
  }),
  track_info: message<track.TrackInfoMessage>({
    encode: track.encodeTrackInfo,
    decode: track.decodeTrackInfo,
  }),
  untimed_frames: bare<{ readonly payloads: readonly string[] }>({
    encode({ payloads }): Uint8Array {
      const writer = new Writer();
      for (const hex of payloads) writer.sized(Uint8Array.fromHex(hex));
      return writer.finish();
    },
    decode(bytes): { readonly payloads: readonly string[] } {
      const reader = new Reader(bytes);
      const payloads: string[] = [];
      while (reader.remaining > 0) payloads.push(reader.sized().toHex());
      return { payloads };
    },
  }),
  varint: bare<{ readonly value: string }>({
    encode: ({ value }) => new Writer().varint(BigInt(value)).finish(),
    decode(bytes): { readonly value: string } {
      const reader = new Reader(bytes);
      const value = String(reader.id());
      reader.end();
      return { value };
    },
  }),
  zigzag: bare<{ readonly value: number }>({
    encode: ({ value }) => new Writer().varint(zigzag(value)).finish(),
    decode: (bytes) => ({ value: unzigzag(new Reader(bytes).varint()) }),
  }),
};
