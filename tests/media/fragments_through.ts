/**
 * Fragments in a file, and as a broadcast delivers them, for comparison byte by byte.
 *
 * @module
 */
import type { GroupConsumer, TrackConsumer } from "@moq-deno/lite";

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

/** The payloads of a track from its beginning. */
export interface Receiver {
  /** Resolves at the first group. */
  readonly hasBegun: Promise<void>;
  /** All payloads, once the track has ended. */
  readonly payloads: Promise<Uint8Array[]>;
}

/** Subscribes to all groups of `track`. */
export function receive(track: TrackConsumer): Receiver {
  const begun = Promise.withResolvers<void>();
  const payloads = payloadsOf(track, begun.resolve);
  payloads.catch(() => {
    // A rejection is seen when the test awaits it, even if that is later.
  });
  return { hasBegun: begun.promise, payloads };
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
  const groups = new Map<number, Promise<Uint8Array[]>>();
  for await (const group of subscription) {
    begun();
    const reading = framesOf(group);
    reading.catch(() => {
      // Thrown below, once the track has ended.
    });
    groups.set(group.sequence, reading);
  }
  const inOrder = [...groups].sort(([a], [b]) => a - b);
  const payloads = await Promise.all(inOrder.map(([, reading]) => reading));
  return payloads.flat();
}

async function framesOf(group: GroupConsumer): Promise<Uint8Array[]> {
  const payloads: Uint8Array[] = [];
  for await (const { payload } of group.frames()) payloads.push(payload);
  return payloads;
}
