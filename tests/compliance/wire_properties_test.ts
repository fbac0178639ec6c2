/**
 * Properties of every message on every draft that has it.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { MoqError } from "../../lite/error.ts";
import { Reader } from "../../lite/bytes/cursor.ts";
import * as announce from "../../lite/wire/announce.ts";
import * as datagram from "../../lite/wire/datagram.ts";
import * as fetch from "../../lite/wire/fetch.ts";
import * as goaway from "../../lite/wire/goaway.ts";
import * as group from "../../lite/wire/group.ts";
import * as inBand from "../../lite/wire/in_band.ts";
import * as probe from "../../lite/wire/probe.ts";
import * as setup from "../../lite/wire/setup.ts";
import * as subscribe from "../../lite/wire/subscribe.ts";
import * as track from "../../lite/wire/track.ts";
import type { Version } from "../../lite/wire/version.ts";

const MAX_ID = 2n ** 62n - 1n;
const FROM_05: readonly Version[] = ["05", "06"];
const FROM_04: readonly Version[] = ["04", ...FROM_05];
const FROM_03: readonly Version[] = ["03", ...FROM_04];
const ALL: readonly Version[] = ["01", "02", ...FROM_03];

const u8 = fc.nat(255);
const size = fc.oneof(fc.nat(300), fc.maxSafeNat());
const shifted = size.map((n) => Math.min(n, Number.MAX_SAFE_INTEGER - 1));
const text = fc.string({ unit: "binary", maxLength: 20 });
const path = fc
  .array(text.filter((s) => s !== "" && !s.includes("/")), { maxLength: 5 })
  .map((segments) => segments.join("/"));
const id = fc.oneof(fc.bigInt(1n, 300n), fc.bigInt(1n, MAX_ID));
const hops = fc.uniqueArray(fc.oneof(fc.constant(0n), id), {
  maxLength: 32,
  comparator: (a, b) => a !== 0n && a === b,
});
const cost = fc.oneof(size, fc.constant(Infinity));
const optional = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(of, { nil: undefined });

/** A message, the drafts that have it, and values that each can express. */
interface Case<T> {
  readonly name: string;
  readonly versions: readonly Version[];
  /** Drafts that write a type before the length. */
  readonly typed?: readonly Version[];
  /** What precedes the body instead of a varint length. */
  readonly frame?: "u16" | "none";
  values(version: Version): fc.Arbitrary<T>;
  encode(msg: T, version: Version): Uint8Array;
  decode(body: Uint8Array, version: Version, type: number): T | undefined;
}

function options(
  version: Version,
): fc.Arbitrary<subscribe.SubscribeFields> {
  if (version === "01" || version === "02") {
    return fc.record({
      priority: u8,
      maxAgeMs: fc.constant(Number.MAX_SAFE_INTEGER),
      startFrame: fc.constant(0),
    });
  }
  const groups = fc.record({
    priority: u8,
    maxAgeMs: size,
    startGroup: optional(shifted),
    endGroup: optional(shifted),
    startFrame: fc.constant(0),
  });
  if (version !== "06") return groups;
  return fc.record({
    priority: u8,
    maxAgeMs: size,
    startGroup: optional(shifted),
    endGroup: optional(shifted),
    startFrame: size,
    endFrame: optional(shifted),
  }).map(sayable);
}

// On 06 group 0 from frame 0 and no start are the same bytes, and some ranges are refused.
function sayable(
  msg: subscribe.SubscribeFields,
): subscribe.SubscribeFields {
  const { startGroup, endGroup } = msg;
  const startFrame = startGroup === undefined ? 0 : msg.startFrame;
  const endFrame = endGroup === undefined || (startGroup ?? 0) === endGroup
    ? undefined
    : msg.endFrame;
  const start = startGroup === 0 && startFrame === 0 ? undefined : startGroup;
  return { ...msg, startGroup: start, startFrame, endFrame };
}

function announcements(
  version: Version,
): fc.Arbitrary<announce.Announcement> {
  if (version === "06") {
    const route = { hops, warm: cost, cold: cost };
    return fc.oneof(
      fc.record({
        kind: fc.constant("start" as const),
        suffix: path,
        ...route,
      }),
      fc.record({ kind: fc.constant("restart" as const), id: size, ...route }),
      fc.record({ kind: fc.constant("end" as const), id: size }),
    );
  }
  const noneOrCount: fc.Arbitrary<bigint[]> = version === "03"
    ? fc.nat(32).map((count) => Array<bigint>(count).fill(0n))
    : fc.constant([]);
  return fc.oneof(
    fc.record({
      kind: fc.constant("start" as const),
      suffix: path,
      hops: version === "04" || version === "05" ? hops : noneOrCount,
      warm: fc.constant(0),
      cold: fc.constant(Infinity),
    }),
    fc.record({ kind: fc.constant("end" as const), suffix: path }),
  );
}

function responses(
  version: Version,
): fc.Arbitrary<subscribe.SubscribeResponse> {
  const kind = <K extends string>(name: K): fc.Arbitrary<K> =>
    fc.constant(name);
  const drop = fc.record({
    kind: kind("drop"),
    start: size,
    end: size,
    code: size,
  });
  if (version === "05" || version === "06") {
    return fc.oneof(
      fc.record({ kind: kind("start"), group: size }),
      fc.record({ kind: kind("end"), group: size }),
      drop,
    );
  }
  if (version === "03" || version === "04") {
    const ok = fc.record({
      kind: kind("ok"),
      priority: u8,
      maxAgeMs: size,
      startGroup: optional(shifted),
      endGroup: optional(shifted),
    });
    return fc.oneof(ok, drop);
  }
  return fc.record({
    kind: kind("ok"),
    priority: version === "01" ? u8 : fc.constant(0),
    maxAgeMs: fc.constant(Number.MAX_SAFE_INTEGER),
  });
}

function property<T>(given: Case<T>): void {
  for (const version of given.versions) check(given, version);
}

function unframe<T>(
  given: Case<T>,
  bytes: Uint8Array,
  version: Version,
): { type: number; body: Uint8Array } {
  if (given.frame === "none") return { type: 0, body: bytes };
  const reader = new Reader(bytes);
  const type = given.typed?.includes(version) ? reader.varint() : 0;
  const body = given.frame === "u16"
    ? reader.bytes(reader.u8() * 256 + reader.u8())
    : reader.sized();
  reader.end();
  return { type, body };
}

/** Removes `undefined` fields, which equal absent ones. */
function known(msg: unknown): unknown {
  if (typeof msg !== "object" || msg === null || Array.isArray(msg)) return msg;
  return Object.fromEntries(
    Object.entries(msg).filter(([, value]) => value !== undefined),
  );
}

/** Approximate memory of a message, in units of a byte or a field. */
function weight(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (value instanceof Uint8Array) return value.byteLength;
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce((sum, v) => sum + 1 + weight(v), 0);
}

function refuses(decode: () => unknown): void {
  assert.throws(
    decode,
    (error) => error instanceof MoqError && error.code === "decode",
  );
}

function check<T>(given: Case<T>, version: Version): void {
  const { name, decode } = given;
  const values = given.values(version);
  const encoded = values.map((msg) =>
    unframe(given, given.encode(msg, version), version)
  );

  Deno.test(`${name} ${version}: decodes to what was encoded`, () => {
    fc.assert(fc.property(values, (msg) => {
      const { type, body } = unframe(
        given,
        given.encode(msg, version),
        version,
      );
      assert.deepEqual(known(decode(body, version, type)), known(msg));
    }));
  });

  if (given.frame !== "none") {
    Deno.test(`${name} ${version}: refuses truncations and a trailing byte`, () => {
      fc.assert(
        fc.property(encoded, ({ type, body }) => {
          for (let length = 0; length < body.byteLength; length++) {
            refuses(() => decode(body.subarray(0, length), version, type));
          }
          refuses(() => decode(new Uint8Array([...body, 0]), version, type));
        }),
        { numRuns: 30 },
      );
    });
  }

  Deno.test(`${name} ${version}: any bytes decode within limits or are refused`, () => {
    const damaged = fc.tuple(encoded, fc.nat(), u8).map(
      ([{ type, body }, at, byte]) => {
        const copy = body.slice();
        if (copy.byteLength > 0) copy[at % copy.byteLength] = byte;
        return { type, body: copy };
      },
    );
    const random = fc.record({
      type: fc.nat(3),
      body: fc.uint8Array({ maxLength: 64 }),
    });
    fc.assert(fc.property(fc.oneof(damaged, random), ({ type, body }) => {
      let msg: unknown;
      try {
        msg = decode(body, version, type);
      } catch (error) {
        assert(error instanceof MoqError);
        assert(["decode", "too-large"].includes(error.code));
        return;
      }
      assert(weight(msg) <= 2 * body.byteLength + 80);
    }));
  });
}

property<setup.Setup>({
  name: "setup",
  versions: FROM_05,
  values: () =>
    fc.record({
      probe: optional(fc.integer({ min: 1, max: 2 })),
      path: optional(text.filter((s) => s !== "")),
      role: optional(fc.constantFrom("publisher", "subscriber")),
      cost: optional(cost),
      hop: optional(id),
    }),
  encode: setup.encodeSetup,
  decode: setup.decodeSetup,
});

property<announce.AnnounceRequest>({
  name: "announce request",
  versions: ALL,
  values: (version) =>
    fc.record({
      prefix: path,
      excludeHop: version === "04" || version === "05"
        ? optional(id)
        : fc.constant(undefined),
    }),
  encode: announce.encodeAnnounceRequest,
  decode: announce.decodeAnnounceRequest,
});

property<announce.AnnounceOk>({
  name: "announce ok",
  versions: FROM_05,
  values: () => fc.record({ hop: fc.bigInt(0n, MAX_ID), active: size }),
  encode: announce.encodeAnnounceOk,
  decode: announce.decodeAnnounceOk,
});

property<string[]>({
  name: "announce init",
  versions: ["01", "02"],
  values: () => fc.array(path, { maxLength: 5 }),
  encode: announce.encodeAnnounceInit,
  decode: announce.decodeAnnounceInit,
});

property<announce.Announcement>({
  name: "announcement",
  versions: ALL,
  typed: ["06"],
  values: announcements,
  encode: announce.encodeAnnouncement,
  decode: (body, version, type) =>
    announce.decodeAnnouncement(
      version === "06" ? type : undefined,
      body,
      version,
    ),
});

property<track.TrackRequestMessage>({
  name: "track",
  versions: FROM_05,
  values: () => fc.record({ broadcast: path, track: text }),
  encode: track.encodeTrackRequest,
  decode: track.decodeTrackRequest,
});

property<track.TrackInfoMessage>({
  name: "track info",
  versions: FROM_05,
  values: () =>
    fc.record({
      priority: u8,
      maxAgeMs: size,
      timescale: size.map((n) => Math.max(n, 1)),
    }),
  encode: track.encodeTrackInfo,
  decode: track.decodeTrackInfo,
});

property<subscribe.Subscribe>({
  name: "subscribe",
  versions: ALL,
  values: (version) =>
    fc.tuple(
      fc.record({ id: size, broadcast: path, track: text }),
      options(version),
    ).map(([names, rest]) => ({ ...names, ...rest })),
  encode: subscribe.encodeSubscribe,
  decode: subscribe.decodeSubscribe,
});

property<subscribe.SubscribeFields>({
  name: "subscribe update",
  versions: FROM_03,
  values: options,
  encode: subscribe.encodeSubscribeUpdate,
  decode: subscribe.decodeSubscribeUpdate,
});

property<subscribe.SubscribeResponse>({
  name: "subscribe response",
  versions: ALL,
  typed: FROM_03,
  values: responses,
  encode: subscribe.encodeSubscribeResponse,
  decode: (body, version, type) =>
    subscribe.decodeSubscribeResponse(type, body, version),
});

property<fetch.Fetch>({
  name: "fetch",
  versions: FROM_05,
  values: (version) => {
    const frames = version === "06"
      ? { first: fc.nat(8192), more: optional(fc.nat(8192)) }
      : { first: fc.constant(0), more: fc.constant(undefined) };
    return fc.record({
      broadcast: path,
      track: text,
      priority: u8,
      group: size,
      ...frames,
    }).map(({ first, more, ...rest }) => ({
      ...rest,
      startFrame: first,
      endFrame: more === undefined ? undefined : first + more,
    }));
  },
  encode: fetch.encodeFetch,
  decode: fetch.decodeFetch,
});

property<group.GroupHeader>({
  name: "group",
  versions: ALL,
  values: (version) =>
    fc.record({
      subscribeId: size,
      sequence: size,
      frameStart: version === "06" ? size : fc.constant(0),
    }),
  encode: group.encodeGroupHeader,
  decode: group.decodeGroupHeader,
});

property<datagram.Datagram>({
  name: "datagram",
  versions: FROM_05,
  frame: "none",
  values: () =>
    fc.record({
      subscribeId: size,
      sequence: size,
      timestamp: size,
      payload: fc.uint8Array({ maxLength: 40 }),
    }),
  encode: datagram.encodeDatagram,
  decode: datagram.decodeDatagram,
});

property<probe.Probe>({
  name: "probe",
  versions: FROM_03,
  values: (version) =>
    fc.record({
      bitrateBps: size,
      rttMs: version === "03" ? fc.constant(0) : size,
    }),
  encode: probe.encodeProbe,
  decode: probe.decodeProbe,
});

property<goaway.Goaway>({
  name: "goaway",
  versions: FROM_04,
  values: () => fc.record({ uri: text }),
  encode: goaway.encodeGoaway,
  decode: goaway.decodeGoaway,
});

property<inBand.ClientSetup>({
  name: "client setup",
  versions: ["01", "02"],
  frame: "u16",
  values: () =>
    fc.record({
      versions: fc.array(size, { maxLength: 5 }),
      path: optional(text.filter((s) => s !== "")),
    }),
  encode: inBand.encodeClientSetup,
  decode: inBand.decodeClientSetup,
});

property<number>({
  name: "server setup",
  versions: ["01", "02"],
  frame: "u16",
  values: () => size,
  encode: inBand.encodeServerSetup,
  decode: inBand.decodeServerSetup,
});

property<number>({
  name: "session info",
  versions: ["01", "02"],
  values: () => size,
  encode: inBand.encodeSessionInfo,
  decode: inBand.decodeSessionInfo,
});
