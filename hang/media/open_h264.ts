/**
 * Plain H.264, as encoders and cameras put it out: NAL units behind start
 * codes, no times. ITU-T H.264, section 7.4.1.2.4 and annex B.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { abortable, asMoqError } from "@moq-deno/lite/internal";
import { joinUnits, START_CODE } from "./annex_b.ts";
import { readSps } from "./h264_sps.ts";
import type { Media, MediaPacket, MediaTrack } from "./media.ts";

const MAX_PICTURE_BYTES = 16 << 20;
const MICROSECONDS = 1_000_000;

const SLICE = 1;
const KEYFRAME_SLICE = 5;
const SEI = 6;
const SPS = 7;
const DELIMITER = 9;

/** Options of {@linkcode openH264}. */
export interface OpenH264Options {
  /** Pictures per second: the stream itself does not say when they are shown. */
  readonly framerate: number;
  /** Ends the wait for a stream that does not deliver by throwing its reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens plain H.264 without B-frames; the caller closes it. What comes before the first parameter set is left out. Throws
 * `MoqError("decode")` when there is none.
 */
export async function openH264(
  stream: ReadableStream<Uint8Array>,
  { framerate, signal }: OpenH264Options,
): Promise<Media> {
  if (!(framerate > 0 && framerate <= 1000)) {
    throw new RangeError(
      `Expected a frame rate up to 1000 per second, got ${framerate}`,
    );
  }
  const pictures = new Pictures(stream);
  try {
    let first: Picture | undefined;
    do {
      first = await pictures.next(signal);
      if (!first) {
        throw new MoqError(
          "decode",
          "Expected H.264 with a parameter set and a keyframe, got none",
        );
      }
    } while (!first.sps || !first.isKeyframe);
    return mediaOf(pictures, { first, sps: first.sps, framerate });
  } catch (error) {
    pictures.close();
    signal?.throwIfAborted();
    throw asMoqError(error, "decode");
  }
}

function mediaOf(
  pictures: Pictures,
  { first, sps, framerate }: {
    readonly first: Picture;
    readonly sps: Uint8Array;
    readonly framerate: number;
  },
): Media {
  const jitter = Math.ceil(1000 / framerate);
  const timeOf = (index: number): number =>
    Math.round((index * MICROSECONDS) / framerate);
  const packets = async function* (
    signal?: AbortSignal,
  ): AsyncGenerator<MediaPacket, void> {
    let picture: Picture | undefined = first;
    for (let index = 0; picture; index++) {
      const { data, isKeyframe } = picture;
      const timestampUs = timeOf(index);
      const durationUs = timeOf(index + 1) - timestampUs;
      yield { timestampUs, durationUs, isKeyframe, data };
      picture = await pictures.next(signal);
    }
  };
  const config = { ...readSps(sps), framerate, jitter };
  const track: MediaTrack = {
    kind: "video",
    config,
    isInOrder: true,
    rotation: 0,
    packets,
  };
  return {
    format: "H.264",
    tracks: [track],
    skipped: [],
    isRewindable: false,
    close: () => pictures.close(),
  };
}

interface Picture {
  readonly data: Uint8Array;
  readonly isKeyframe: boolean;
  readonly sps: Uint8Array | undefined;
}

/** Gathers NAL units into pictures; a picture ends where the next begins. */
class Pictures {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #bytes = new Uint8Array(1 << 16);
  #length = 0;
  #hasEnded = false;
  #units: Uint8Array[] = [];

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  close(): void {
    // Not awaited: how the stream ends does not matter here.
    this.#reader.cancel().catch(() => undefined);
  }

  async next(signal?: AbortSignal): Promise<Picture | undefined> {
    for (;;) {
      const unit = await this.#unit(signal);
      if (!unit) return this.#picture();
      if (unit.byteLength === 0) continue;
      const picture = beginsPicture(unit, this.#units)
        ? this.#picture()
        : undefined;
      this.#units.push(unit);
      if (picture) return picture;
    }
  }

  #picture(): Picture | undefined {
    const units = this.#units;
    this.#units = [];
    if (units.length === 0) return undefined;
    const size = units.reduce(
      (sum, { byteLength }) => sum + START_CODE.byteLength + byteLength,
      0,
    );
    if (size > MAX_PICTURE_BYTES) throw tooLarge();
    return {
      data: joinUnits(units),
      isKeyframe: units.some((unit) => typeOf(unit) === KEYFRAME_SLICE),
      sps: units.find((unit) => typeOf(unit) === SPS),
    };
  }

  /** The next NAL unit without its start code; empty in front of the first, `undefined` after the last. */
  async #unit(
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array | undefined> {
    for (let from = 0;;) {
      const bytes = this.#bytes.subarray(0, this.#length);
      const start = findStartCode(bytes, from);
      if (start >= 0) return this.#take(start, start + 3);
      if (this.#hasEnded) {
        return this.#length === 0
          ? undefined
          : this.#take(this.#length, this.#length);
      }
      // A start code may be cut: the last two bytes are looked at again.
      from = Math.max(0, this.#length - 2);
      await this.#fill(signal);
    }
  }

  #take(end: number, next: number): Uint8Array {
    let last = end;
    while (last > 0 && this.#bytes[last - 1] === 0) last--;
    const unit = this.#bytes.slice(0, last);
    this.#bytes.copyWithin(0, next, this.#length);
    this.#length -= next;
    return unit;
  }

  async #fill(signal: AbortSignal | undefined): Promise<void> {
    const { value, done } = await abortable(this.#reader.read(), signal);
    if (done) {
      this.#hasEnded = true;
      return;
    }
    const length = this.#length + value.byteLength;
    if (length > this.#bytes.byteLength) {
      if (length > MAX_PICTURE_BYTES) throw tooLarge();
      const larger = new Uint8Array(length * 2);
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(value, this.#length);
    this.#length = length;
  }
}

function tooLarge(): MoqError {
  return new MoqError(
    "too-large",
    `Expected H.264 pictures of at most ${MAX_PICTURE_BYTES} bytes, got a larger one or none at all`,
  );
}

function typeOf(unit: Uint8Array): number {
  return unit[0]! & 0x1f;
}

function isSlice(unit: Uint8Array): boolean {
  return typeOf(unit) >= SLICE && typeOf(unit) <= KEYFRAME_SLICE;
}

/** Whether `unit` is the first of a picture after `before`. */
function beginsPicture(
  unit: Uint8Array,
  before: readonly Uint8Array[],
): boolean {
  if (!before.some(isSlice)) return false;
  const type = typeOf(unit);
  // first_mb_in_slice is 0 where the first bit after the header is set.
  if (isSlice(unit)) return (unit[1] ?? 0) >= 0x80;
  return type >= SEI && type <= DELIMITER;
}

/** Where 00 00 01 begins, -1 when it does not. */
function findStartCode(bytes: Uint8Array, from: number): number {
  for (let at = from; at + 2 < bytes.byteLength; at++) {
    if (bytes[at + 2]! > 1) at += 2;
    else if (bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1) {
      return at;
    }
  }
  return -1;
}
