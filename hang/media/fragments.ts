/**
 * Fragmented MP4 whose fragments are published as they are: moof and mdat
 * untouched, one track each. ISO/IEC 14496-12, section 8.8; ISO/IEC 23000-19
 * (CMAF).
 *
 * @module
 */
import { type Logger, MoqError } from "@moq-deno/lite";
import { asMoqError, joinBytes, SILENT } from "@moq-deno/lite/internal";
import { BufferSource, Input, MP4 } from "mediabunny";
import { boxAt, BoxReader, splitBoxes } from "../container/boxes.ts";
import { openCmaf } from "../container/cmaf.ts";
import type { Container } from "../container/sample.ts";
import { BoxStream, type RawBox } from "./box_stream.ts";
import { codecProblem, describeTrack } from "./describe.ts";
import type { Media, MediaPacket, MediaTrack } from "./media.ts";
import { SteadyTime } from "./steady_time.ts";
import { splitInit, type TrackInit } from "./track_init.ts";

// Of tracks that run far ahead of others; more is not meant to be played together.
const MAX_QUEUED_BYTES = 64 << 20;
// The first fragments tell how long they are and where time begins.
const MAX_FRAGMENTS_AHEAD = 32;
const MAX_INIT_BYTES = 256 << 10;
const MICROSECONDS = 1_000_000;
// Encoders round.
const OVERLAP_US = 2000;

/** Options of {@linkcode openFragments}. */
export interface OpenFragmentsOptions {
  /** Ends the wait for a stream that does not deliver by throwing its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Hears of fragments that do not follow one another. */
  readonly log?: Logger | undefined;
}

/**
 * Opens fragmented MP4 as media whose packets are whole fragments; the caller closes it. Each fragment must be of one
 * track, as ffmpeg makes them with `-movflags cmaf+separate_moof`. Throws `MoqError("decode")` and
 * `MoqError("unsupported")` that say what is wrong.
 */
export async function openFragments(
  stream: ReadableStream<Uint8Array>,
  options: OpenFragmentsOptions = {},
): Promise<Media> {
  const media = new FragmentedMedia(stream, options.log ?? SILENT);
  try {
    await media.open(options.signal);
    return media;
  } catch (error) {
    media.close();
    options.signal?.throwIfAborted();
    throw asMoqError(error, "decode");
  }
}

/** The fragments of one track that were read and not taken. */
class FragmentLane {
  readonly init: TrackInit;
  readonly container: Container;
  readonly kind: "video" | "audio";
  readonly fragments: MediaPacket[] = [];
  /** Where the newest fragment ends by its own account. */
  endUs = -Infinity;

  constructor(init: TrackInit, kind: "video" | "audio") {
    this.init = init;
    this.kind = kind;
    this.container = openCmaf(init.init);
  }
}

class FragmentedMedia implements Media {
  readonly format = "CMAF";
  readonly tracks: MediaTrack[] = [];
  readonly skipped: string[] = [];
  readonly isRewindable = false;
  startUs = 0;
  readonly #boxes: BoxStream;
  readonly #lanes = new Map<number, FragmentLane>();
  #moof: RawBox | undefined;
  #queuedBytes = 0;
  #hasEnded = false;
  #reading: Promise<void> | undefined;
  readonly #time: SteadyTime;
  readonly #log: Logger;
  #overlaps = 0;

  constructor(stream: ReadableStream<Uint8Array>, log: Logger) {
    this.#boxes = new BoxStream(stream);
    this.#time = new SteadyTime({ log });
    this.#log = log;
  }

  async open(signal: AbortSignal | undefined): Promise<void> {
    const described = await this.#openTracks(await this.#readInit(signal));
    const lanes = [...this.#lanes.values()];
    for (let n = 0; n < MAX_FRAGMENTS_AHEAD && !this.#hasEnded; n++) {
      if (lanes.every(({ fragments }) => fragments.length > 0)) break;
      await this.#readFragment(signal);
    }
    const firsts = lanes.flatMap(({ fragments }) => fragments.slice(0, 1));
    if (firsts.length === 0) {
      throw new MoqError("decode", "Expected CMAF with fragments, got none");
    }
    this.startUs = Math.min(...firsts.map(({ timestampUs }) => timestampUs));
    for (const { lane, track } of described) {
      this.tracks.push(withJitter(track, lane.fragments[0]));
    }
  }

  close(): void {
    this.#boxes.close();
  }

  async #readInit(signal: AbortSignal | undefined): Promise<TrackInit[]> {
    let ftyp: Uint8Array = new Uint8Array();
    for (;;) {
      const box = await this.#boxes.next(signal);
      if (box?.type === "ftyp") ftyp = box.bytes;
      if (box?.type === "moov") {
        const inits = splitInit(ftyp, box.bytes);
        const largest = Math.max(...inits.map(({ init }) => init.byteLength));
        if (largest <= MAX_INIT_BYTES) return inits;
        throw new MoqError(
          "too-large",
          `Expected an init segment of at most ${MAX_INIT_BYTES} bytes, got ${largest}`,
        );
      }
      if (!box || box.type === "moof" || box.type === "mdat") {
        throw new MoqError(
          "decode",
          `Expected fragmented MP4 with moov first, got ${
            box ? `box ${box.type}` : "a stream without it"
          }`,
        );
      }
    }
  }

  async #openTracks(
    inits: readonly TrackInit[],
  ): Promise<{ lane: FragmentLane; track: MediaTrack }[]> {
    const described: { lane: FragmentLane; track: MediaTrack }[] = [];
    for (const init of inits) {
      const track = await this.#describe(init);
      if (!track) continue;
      const lane = new FragmentLane(init, track.kind);
      this.#lanes.set(init.trackId, lane);
      described.push({
        lane,
        track: { ...track, packets: (signal) => this.#packets(lane, signal) },
      });
    }
    if (described.length > 0) return described;
    throw new MoqError(
      "unsupported",
      `Expected CMAF with video or audio of a known codec, got none: ${
        this.skipped.join("; ")
      }`,
    );
  }

  async #describe({ init }: TrackInit): Promise<MediaTrack | undefined> {
    const source = new BufferSource(init);
    const input = new Input({ formats: [MP4], source });
    // The description stays beside the init segment that has it too: without one, peers take H.264 for Annex B.
    const container = { kind: "cmaf", init: init.toBase64() } as const;
    const packets = async function* (): AsyncGenerator<MediaPacket, void> {};
    try {
      const [track] = await input.getTracks();
      if (!track) return undefined;
      const described = await describeTrack(track, this);
      if (described?.kind === "video") {
        const config = { ...described.config, container };
        // They go by decode time.
        return { ...described, config, isInOrder: true, packets };
      }
      if (described && described.pcm === undefined) {
        const config = { ...described.config, container };
        return { kind: "audio", config, packets };
      }
      this.skipped.push(await codecProblem(track));
      return undefined;
    } finally {
      input.dispose();
    }
  }

  async *#packets(
    lane: FragmentLane,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<MediaPacket, void> {
    for (;;) {
      signal?.throwIfAborted();
      const fragment = lane.fragments.shift();
      if (fragment) {
        this.#queuedBytes -= fragment.data.byteLength;
        yield fragment;
      } else if (this.#hasEnded) return;
      else await this.#readFragment(signal);
    }
  }

  /** Reads up to the next fragment, once for all tracks that wait. */
  async #readFragment(signal: AbortSignal | undefined): Promise<void> {
    this.#reading ??= this.#readOne(signal).finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  async #readOne(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      const box = await this.#boxes.next(signal);
      if (!box) {
        this.#hasEnded = true;
        return;
      }
      if (box.type === "moof") this.#moof = box;
      if (box.type !== "mdat" || !this.#moof) continue;
      const moof = this.#moof;
      this.#moof = undefined;
      this.#queue(moof, box);
      return;
    }
  }

  /** A fragment that begins before the one before it has ended is played over it. */
  #tellOverlap({ kind, endUs }: FragmentLane, timestampUs: number): void {
    const overlapUs = endUs - timestampUs;
    if (overlapUs <= OVERLAP_US) return;
    this.#overlaps++;
    // At 1, 2, 4, 8…
    if ((this.#overlaps & (this.#overlaps - 1)) !== 0) return;
    this.#log.warn?.("fragments overlap", {
      track: kind,
      error:
        `Expected one at ${endUs} microseconds or later, got one at ${timestampUs} (${this.#overlaps} so far); ffmpeg does so with -movflags frag_every_frame: use frag_keyframe and -frag_duration`,
    });
  }

  #queue(moof: RawBox, mdat: RawBox): void {
    const { trackId, decodeTime, timeAt } = headOf(moof);
    const lane = this.#lanes.get(trackId);
    if (!lane) return;
    const data = joinBytes([moof.bytes, mdat.bytes]);
    const samples = lane.container.decode(data);
    const durationUs = samples.reduce(
      (sum, sample) => sum + (sample.durationUs ?? 0),
      0,
    );
    const { timescale } = lane.init;
    const ownUs = Math.round(decodeTime * (MICROSECONDS / timescale));
    const isKeyframe = lane.kind === "audio" ||
      (samples[0]?.isKeyframe ?? false);
    const sample = { timestampUs: ownUs, durationUs, isKeyframe };
    const timestampUs = this.#time.at(lane, sample);
    this.#tellOverlap(lane, timestampUs);
    lane.endUs = timestampUs + durationUs;
    if (timestampUs !== ownUs) {
      // The clock jumped: the time inside goes on as well.
      const shift = Math.round(
        (timestampUs - ownUs) * timescale / MICROSECONDS,
      );
      writeTime(data.subarray(timeAt), decodeTime + shift);
    }
    lane.fragments.push({ ...sample, timestampUs, data });
    this.#queuedBytes += data.byteLength;
    if (this.#queuedBytes > MAX_QUEUED_BYTES) {
      throw new MoqError(
        "too-large",
        `Expected the fragments of all tracks side by side, got ${MAX_QUEUED_BYTES} bytes of some while others have none`,
      );
    }
  }
}

/** The decode time of a fragment in the place of the one that it had. */
function writeTime(tfdt: Uint8Array, time: number): void {
  const view = new DataView(tfdt.buffer, tfdt.byteOffset, tfdt.byteLength);
  if (tfdt[0] === 1) return view.setBigUint64(4, BigInt(Math.max(0, time)));
  if (time >= 0 && time < 2 ** 32) return view.setUint32(4, time);
  throw new MoqError(
    "unsupported",
    `Expected fragments whose time has 64 bits after a clock that jumped, got 32`,
  );
}

/** Which track a fragment is of, when it begins, and where that stands. */
function headOf(
  moof: RawBox,
): {
  readonly trackId: number;
  readonly decodeTime: number;
  readonly timeAt: number;
} {
  const inner = splitBoxes(boxAt(splitBoxes(moof.bytes), ["moof"]));
  const trafs = inner.filter(({ type }) => type === "traf");
  if (trafs.length !== 1) {
    throw new MoqError(
      "unsupported",
      `Expected fragments of one track each (ffmpeg: -movflags cmaf+separate_moof), got one of ${trafs.length}`,
    );
  }
  const boxes = splitBoxes(trafs[0]!.body);
  const tfhd = new BoxReader(boxAt(boxes, ["tfhd"]), "tfhd");
  tfhd.skip(4);
  const time = boxAt(boxes, ["tfdt"]);
  const tfdt = new BoxReader(time, "tfdt");
  const { version } = tfdt.versionAndFlags();
  return {
    trackId: tfhd.u32(),
    decodeTime: version === 1 ? tfdt.u64() : tfdt.u32(),
    timeAt: time.byteOffset - moof.bytes.byteOffset,
  };
}

// A fragment is held back until its last sample is there.
function withJitter(
  track: MediaTrack,
  first: MediaPacket | undefined,
): MediaTrack {
  const jitter = Math.ceil((first?.durationUs ?? 0) / 1000);
  if (jitter === 0) return track;
  return track.kind === "video"
    ? { ...track, config: { ...track.config, jitter } }
    : { ...track, config: { ...track.config, jitter } };
}
