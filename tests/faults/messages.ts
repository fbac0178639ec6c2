/**
 * Valid messages of one draft, for opening streams and answering on them, and ways
 * to make them invalid.
 *
 * @module
 */
import type { Version } from "@moq-deno/lite";
import {
  encodeAnnouncement,
  encodeAnnounceOk,
  encodeAnnounceRequest,
} from "../../lite/wire/announce.ts";
import { encodeDatagram } from "../../lite/wire/datagram.ts";
import { encodeFetch } from "../../lite/wire/fetch.ts";
import { encodeGoaway } from "../../lite/wire/goaway.ts";
import { encodeGroupHeader } from "../../lite/wire/group.ts";
import { encodeProbe } from "../../lite/wire/probe.ts";
import { encodeSetup } from "../../lite/wire/setup.ts";
import { BidiType, UniType } from "../../lite/wire/stream_type.ts";
import {
  encodeSubscribe,
  encodeSubscribeResponse,
  encodeSubscribeUpdate,
} from "../../lite/wire/subscribe.ts";
import { encodeTrackInfo, encodeTrackRequest } from "../../lite/wire/track.ts";
import {
  hasAnnounceOk,
  hasSubscribeOk,
  hasTimestamps,
} from "../../lite/wire/version.ts";
import type { Random } from "./random.ts";

/** Joins parts; a number is one byte. */
function join(...parts: readonly (number | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => typeof part === "number" ? [part] : [...part]),
  );
}

const WISH = { priority: 9, maxAgeMs: 100, startFrame: 0 };

/** First bytes of bidirectional streams. */
export function requests(random: Random, version: Version): Uint8Array[] {
  const id = random.below(6);
  const broadcast = random.pick(["live", "live/sub", "evil", "", "a/b/c"]);
  const track = random.pick(["video", "audio", ""]);
  const subscribe = encodeSubscribe({
    ...WISH,
    id,
    broadcast,
    track,
    ...(random.chance(0.3) ? { startGroup: random.below(4) } : {}),
    ...(random.chance(0.3) ? { endGroup: random.below(9) } : {}),
  }, version);
  return [
    join(BidiType.announce, encodeAnnounceRequest({ prefix: "" }, version)),
    join(BidiType.subscribe, subscribe),
    join(
      BidiType.subscribe,
      subscribe,
      encodeSubscribeUpdate({ ...WISH, endGroup: 3 }, version),
    ),
    join(
      BidiType.fetch,
      encodeFetch({
        broadcast,
        track,
        priority: 1,
        group: random.below(5),
        startFrame: 0,
      }, version),
    ),
    join(BidiType.track, encodeTrackRequest({ broadcast, track })),
    join(BidiType.probe, encodeProbe({ bitrateBps: 5, rttMs: 6 }, version)),
    ...random.chance(0.1)
      ? [join(BidiType.goaway, encodeGoaway({ uri: "x" }))]
      : [],
    join(9, random.bytes(random.below(40))),
  ];
}

/** Frames in the draft's format. */
function frames(random: Random, version: Version): Uint8Array {
  const all: number[] = [];
  for (let i = random.below(5); i > 0; i--) {
    const size = random.below(60);
    if (hasTimestamps(version)) all.push(random.below(64));
    all.push(size, ...random.bytes(size));
  }
  return Uint8Array.from(all);
}

/** Unidirectional streams. */
export function pushes(random: Random, version: Version): Uint8Array[] {
  const header = {
    subscribeId: random.below(4),
    sequence: random.below(12),
    frameStart: 0,
  };
  return [
    join(
      UniType.group,
      encodeGroupHeader(header, version),
      frames(random, version),
    ),
    join(
      UniType.group,
      encodeGroupHeader({ ...header, sequence: 2 ** 53 - 1 }, version),
      frames(random, version),
    ),
    join(7, random.bytes(random.below(40))),
    ...random.chance(0.1)
      ? [join(UniType.setup, encodeSetup({ hop: 5n, cost: 1 }))]
      : [],
  ];
}

/** A datagram. */
export function datagram(random: Random): Uint8Array {
  return encodeDatagram({
    subscribeId: random.below(4),
    sequence: random.below(20),
    timestamp: random.below(1000),
    payload: random.bytes(random.below(30)),
  });
}

/** The answer on a stream of `type`. */
export function answer(
  type: number,
  { random, version }: { readonly random: Random; readonly version: Version },
): Uint8Array {
  if (type === BidiType.announce) return listing(random, version);
  if (type === BidiType.fetch) return frames(random, version);
  if (type === BidiType.track) {
    return encodeTrackInfo(
      { priority: 1, maxAgeMs: 100, timescale: 1000 },
      version,
    );
  }
  if (type !== BidiType.subscribe) return random.bytes(random.below(9));
  if (hasSubscribeOk(version)) {
    return encodeSubscribeResponse({ kind: "ok", ...WISH }, version);
  }
  const start = { kind: "start", group: random.below(3) } as const;
  const end = { kind: "end", group: random.below(9) } as const;
  return join(
    encodeSubscribeResponse(start, version),
    random.chance(0.3) ? encodeSubscribeResponse(end, version) : join(),
  );
}

function listing(random: Random, version: Version): Uint8Array {
  const parts: Uint8Array[] = [];
  if (hasAnnounceOk(version)) {
    parts.push(encodeAnnounceOk({ hop: 5n, active: 2 }));
  }
  for (let id = 0; id < 4; id++) {
    const suffix = `evil${random.below(3)}`;
    const route = { hops: [7n, 8n], warm: 1, cold: 2 };
    parts.push(
      encodeAnnouncement(
        random.chance(0.7)
          ? { kind: "start", suffix, ...route }
          : { kind: "end", suffix, id: random.below(3) },
        version,
      ),
    );
  }
  return join(...parts);
}

/** `bytes`, possibly damaged. */
export function mutated(random: Random, bytes: Uint8Array): Uint8Array {
  const list = [...bytes];
  switch (random.below(6)) {
    case 0:
      return bytes;
    case 1:
      return bytes.subarray(0, random.below(bytes.byteLength + 1));
    case 2:
      list[random.below(list.length)] = random.below(256);
      break;
    case 3:
      list.splice(random.below(list.length), random.below(3), 255, 255);
      break;
    case 4:
      list.push(...random.bytes(random.below(20)));
      break;
    case 5:
      list.splice(random.below(list.length), 0, ...list.slice(0, 8));
  }
  return Uint8Array.from(list);
}
