/**
 * Fragments in a file, and as they come out of a broadcast, to be compared byte
 * by byte.
 *
 * @module
 */
import type { TrackConsumer } from "@moq-deno/lite";

/** The moof and mdat boxes of a file by track, in order. */
export function fragmentsOf(file: Uint8Array): Map<number, Uint8Array[]> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const tracks = new Map<number, Uint8Array[]>();
  let start = -1;
  for (let at = 0; at < file.byteLength;) {
    const size = view.getUint32(at);
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8));
    if (type === "moof") start = at;
    if (type === "mdat" && start >= 0) {
      // moof, mfhd of 16 bytes, traf, tfhd with its flags before the track.
      const track = view.getUint32(start + 8 + 16 + 8 + 12);
      tracks.set(track, [
        ...(tracks.get(track) ?? []),
        file.slice(start, at + size),
      ]);
    }
    at += size;
  }
  return tracks;
}

/** The payloads of a track, from the first on. */
export interface Receiver {
  /** Resolves with the first group. */
  readonly hasBegun: Promise<void>;
  /** All of them, once the track has ended. */
  readonly payloads: Promise<Uint8Array[]>;
}

/** Subscribes to everything that `track` has and will have. */
export function receive(track: TrackConsumer): Receiver {
  const begun = Promise.withResolvers<void>();
  return {
    hasBegun: begun.promise,
    payloads: payloadsOf(track, begun.resolve),
  };
}

async function payloadsOf(
  track: TrackConsumer,
  begun: () => void,
): Promise<Uint8Array[]> {
  const subscription = track.subscribe({
    startGroup: 0,
    from: "all",
    maxAgeMs: 60_000,
  });
  const groups = new Map<number, Uint8Array[]>();
  const reading: Promise<void>[] = [];
  for await (const group of subscription) {
    begun();
    const payloads: Uint8Array[] = [];
    groups.set(group.sequence, payloads);
    reading.push((async () => {
      for await (const { payload } of group.frames()) payloads.push(payload);
    })());
  }
  await Promise.all(reading);
  return [...groups].sort(([a], [b]) => a - b).flatMap(([, all]) => all);
}
