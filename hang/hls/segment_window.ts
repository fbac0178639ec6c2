/**
 * The newest segments of a live rendition, bounded in time and in bytes.
 * RFC 8216, sections 6.2.1 and 6.2.2.
 *
 * @module
 */
import { type ListedSegment, writeMediaPlaylist } from "./playlist.ts";
import { initUri, segmentUri } from "./rendition.ts";

const MAX_BYTES = 96 << 20;
// Players buffer so many target durations; a playlist must not get shorter.
const MIN_LISTED_TARGETS = 3;

interface StoredSegment extends ListedSegment {
  readonly sequence: number;
  readonly initId: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A segment to add. */
interface NewSegment {
  /** moof and mdat. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What {@linkcode SegmentWindow.addInit} returned. */
  readonly initId: number;
  /** In microseconds. */
  readonly durationUs: number;
  /** When it happened, in milliseconds since 1970. */
  readonly wallMs: number;
  /** Whether it does not go on from the one before. */
  readonly isDiscontinuity: boolean;
}

/** Segments by number. Those that have left the playlist stay for as long again, for players that have an older one. */
export class SegmentWindow {
  readonly #windowUs: number;
  readonly #inits: Map<number, Uint8Array<ArrayBuffer>> = new Map();
  #segments: StoredSegment[] = [];
  #next = 0;
  #nextInit = 0;
  #discontinuities = 0;
  #bytes = 0;
  #peakBps = 0;

  /** Lists `windowSeconds` of segments, or three target durations where that is more. */
  constructor(windowSeconds: number) {
    this.#windowUs = windowSeconds * 1_000_000;
  }

  /** Whether there is nothing to list. */
  get isEmpty(): boolean {
    return this.#segments.length === 0;
  }

  /** Bits per second of the densest segment so far, `undefined` before the first. */
  get peakBps(): number | undefined {
    return this.#peakBps > 0 ? this.#peakBps : undefined;
  }

  /** Keeps an init segment for as long as segments need it; returns its number. */
  addInit(bytes: Uint8Array<ArrayBuffer>): number {
    this.#inits.set(this.#nextInit, bytes);
    return this.#nextInit++;
  }

  /** Adds the newest segment, and forgets what is old. */
  add(segment: NewSegment, targetSeconds: number): void {
    const sequence = this.#next++;
    const isDiscontinuity = segment.isDiscontinuity && sequence > 0;
    this.#segments.push({
      ...segment,
      isDiscontinuity,
      sequence,
      uri: segmentUri(sequence),
      initUri: initUri(segment.initId),
    });
    const { byteLength } = segment.bytes;
    this.#bytes += byteLength;
    const bps = byteLength * 8 / (segment.durationUs / 1_000_000);
    this.#peakBps = Math.max(this.#peakBps, bps);
    this.#forget(targetSeconds);
  }

  /** The text of the playlist. */
  playlist(
    { targetSeconds, hasEnded }: {
      readonly targetSeconds: number;
      readonly hasEnded: boolean;
    },
  ): string {
    const least = MIN_LISTED_TARGETS * targetSeconds * 1_000_000;
    const from = this.#olderThan(Math.max(this.#windowUs, least));
    const left = this.#segments.slice(0, from);
    const segments = this.#segments.slice(from);
    return writeMediaPlaylist({
      targetSeconds,
      sequence: segments[0]?.sequence ?? this.#next,
      discontinuitySequence: this.#discontinuities +
        left.filter((one) => one.isDiscontinuity).length,
      type: "live",
      hasEnded,
      segments,
    });
  }

  /** The bytes of init segment `id`. */
  init(id: number): Uint8Array<ArrayBuffer> | undefined {
    return this.#inits.get(id);
  }

  /** The bytes of segment `sequence`. */
  segment(sequence: number): Uint8Array<ArrayBuffer> | undefined {
    return this.#segments.find((one) => one.sequence === sequence)?.bytes;
  }

  /** Forgets all segments; their numbers are not used again. */
  clear(): void {
    while (this.#segments.length > 0) this.#drop();
  }

  /** How many of the oldest are not needed to cover `us`. */
  #olderThan(us: number): number {
    let covered = 0;
    for (let at = this.#segments.length - 1; at >= 0; at--) {
      if (covered >= us) return at + 1;
      covered += this.#segments[at]!.durationUs;
    }
    return 0;
  }

  #forget(targetSeconds: number): void {
    const listedUs = Math.max(
      this.#windowUs,
      MIN_LISTED_TARGETS * targetSeconds * 1_000_000,
    );
    for (let old = this.#olderThan(2 * listedUs); old > 0; old--) this.#drop();
    while (this.#bytes > MAX_BYTES && this.#segments.length > 1) this.#drop();
    const [oldest] = this.#segments;
    for (const id of this.#inits.keys()) {
      if (oldest && id < oldest.initId) this.#inits.delete(id);
    }
  }

  #drop(): void {
    const segment = this.#segments.shift()!;
    this.#bytes -= segment.bytes.byteLength;
    if (segment.isDiscontinuity) this.#discontinuities++;
  }
}
