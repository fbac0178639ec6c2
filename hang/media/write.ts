/**
 * Writing what was received into a fragmented MP4 file.
 *
 * @module
 */
import { asMoqError, MoqError } from "@moq-deno/lite";
import {
  AppendOnlyStreamTarget,
  type AudioCodec,
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedVideoPacketSource,
  Mp4OutputFormat,
  Output,
  type Rotation,
  type VideoCodec,
} from "mediabunny";
import type { AudioConfig, VideoConfig } from "../catalog/catalog.ts";
import { type DecoderFacts, decoderFacts } from "./decoder_facts.ts";
import type { OrderedSample } from "./sample_order.ts";
import type { SubscribedMedia } from "./subscribe.ts";
import type { TrackReader } from "./track_reader.ts";

/** Options of {@linkcode writeMedia}. */
export interface WriteMediaOptions {
  /** Abandons the file and throws its reason; to end it in good order close the media instead. */
  readonly signal?: AbortSignal | undefined;
}

/** What a file got. */
export interface WrittenMedia {
  /** Pictures. */
  readonly videoFrames: number;
  /** Pieces of sound. */
  readonly audioFrames: number;
  /** Length in microseconds. */
  readonly durationUs: number;
}

type PacketSink = EncodedVideoPacketSource | EncodedAudioPacketSource;

/**
 * Writes the samples of `media` to `file` as fragmented MP4 until they end, then closes `file`. Begins with a keyframe
 * at time 0 and the sound that belongs to it. Throws `MoqError("unsupported")` for a codec that MP4 does not take.
 */
export async function writeMedia(
  media: SubscribedMedia,
  file: WritableStream<Uint8Array>,
  options: WriteMediaOptions = {},
): Promise<WrittenMedia> {
  const stop = new AbortController();
  const abort = () => stop.abort(options.signal?.reason);
  options.signal?.addEventListener("abort", abort, { once: true });
  if (options.signal?.aborted) abort();
  const output = new Output({
    format: new Mp4OutputFormat({ fastStart: "fragmented" }),
    target: new AppendOnlyStreamTarget(file),
  });
  try {
    const start = new StartTime(media.video !== undefined);
    const lanes = [
      await addVideo(output, media),
      media.audio && await addAudio(output, media.audio),
    ].filter((lane) => lane !== undefined);
    await output.start();
    const run = async (lane: Lane): Promise<void> => {
      try {
        await lane.run(start, stop.signal);
      } catch (error) {
        stop.abort(error);
        throw error;
      }
    };
    await Promise.all(lanes.map(run));
    await output.finalize();
    return summary(lanes);
  } catch (error) {
    await discard(output, file, error);
    options.signal?.throwIfAborted();
    throw asMoqError(error);
  } finally {
    options.signal?.removeEventListener("abort", abort);
  }
}

async function discard(
  output: Output,
  file: WritableStream<Uint8Array>,
  error: unknown,
): Promise<void> {
  try {
    if (output.state === "started") await output.cancel();
    if (!file.locked) await file.abort(error);
  } catch {
    // The file failed as well; the first error is the one that says why.
  }
}

function summary(lanes: readonly Lane[]): WrittenMedia {
  const framesOf = (kind: string): number =>
    lanes.find((lane) => lane.kind === kind)?.frames ?? 0;
  return {
    videoFrames: framesOf("video"),
    audioFrames: framesOf("audio"),
    durationUs: Math.max(0, ...lanes.map((lane) => lane.endUs)),
  };
}

/** Where the file begins: at the first picture, or at the first sound when there is no video. */
class StartTime {
  readonly #isVideo: boolean;
  readonly #known = Promise.withResolvers<number | undefined>();

  constructor(isVideo: boolean) {
    this.#isVideo = isVideo;
  }

  /** A lane got its first sample, or ended without one. */
  first(kind: "video" | "audio", timestampUs: number | undefined): void {
    if ((kind === "video") === this.#isVideo) this.#known.resolve(timestampUs);
  }

  /** The time in microseconds; `undefined` when the video ended before it began. */
  get us(): Promise<number | undefined> {
    return this.#known.promise;
  }
}

interface LaneOptions {
  readonly kind: "video" | "audio";
  readonly sink: PacketSink;
  readonly reader: TrackReader<VideoConfig | AudioConfig>;
  readonly facts: DecoderFacts;
}

/** One track of the file. */
class Lane {
  readonly kind: "video" | "audio";
  readonly #options: LaneOptions;
  #frames = 0;
  #endUs = 0;
  #stepUs: number;
  #lastUs = 0;

  constructor(options: LaneOptions) {
    this.kind = options.kind;
    this.#options = options;
    this.#stepUs = options.facts.stepUs;
  }

  get frames(): number {
    return this.#frames;
  }

  get endUs(): number {
    return this.#endUs;
  }

  async run(start: StartTime, signal: AbortSignal): Promise<void> {
    let hasBegun = false;
    try {
      for await (const sample of this.#options.reader.samples(signal)) {
        if (!hasBegun && !sample.isKeyframe) continue;
        start.first(this.kind, sample.timestampUs);
        const startUs = await start.us;
        if (startUs === undefined || sample.timestampUs < startUs) continue;
        hasBegun = true;
        await this.#write(sample, sample.timestampUs - startUs);
      }
    } finally {
      start.first(this.kind, undefined);
      this.#options.sink.close();
    }
  }

  async #write(sample: OrderedSample, timestampUs: number): Promise<void> {
    const stepUs = timestampUs - this.#lastUs;
    if (stepUs > 0 && this.#frames > 0) this.#stepUs = stepUs;
    this.#lastUs = timestampUs;
    const durationUs = sample.durationUs ?? this.#stepUs;
    const packet = new EncodedPacket(
      sample.data,
      sample.isKeyframe ? "key" : "delta",
      timestampUs / 1_000_000,
      durationUs / 1_000_000,
    );
    const { sink, facts } = this.#options;
    await sink.add(packet, { decoderConfig: facts.decoderConfig });
    this.#frames++;
    this.#endUs = Math.max(this.#endUs, timestampUs + durationUs);
  }
}

async function addVideo(
  output: Output,
  { catalog, video: reader }: SubscribedMedia,
): Promise<Lane | undefined> {
  if (!reader) return undefined;
  const facts = await decoderFacts(reader.config);
  requireCodec(output, facts.codec);
  const sink = new EncodedVideoPacketSource(facts.codec as VideoCodec);
  output.addVideoTrack(sink, {
    ...knownAhead(facts),
    rotation: (catalog.video?.rotation ?? 0) as Rotation,
    flip: catalog.video?.flip ?? false,
  });
  return new Lane({ kind: "video", sink, reader, facts });
}

async function addAudio(
  output: Output,
  reader: TrackReader<AudioConfig>,
): Promise<Lane> {
  const facts = await decoderFacts(reader.config);
  requireCodec(output, facts.codec);
  const sink = new EncodedAudioPacketSource(facts.codec as AudioCodec);
  output.addAudioTrack(sink, knownAhead(facts));
  return new Lane({ kind: "audio", sink, reader, facts });
}

// What is in band is known with the first sample only; a track of which nothing comes is then left out.
function knownAhead(
  { decoderConfig }: DecoderFacts,
): Partial<Pick<DecoderFacts, "decoderConfig">> {
  return decoderConfig.description === undefined ? {} : { decoderConfig };
}

function requireCodec(output: Output, codec: string): void {
  const codecs: readonly string[] = output.format.getSupportedCodecs();
  if (codecs.includes(codec)) return;
  throw new MoqError(
    "unsupported",
    `Expected a codec that MP4 takes (${codecs.join(", ")}), got ${codec}`,
  );
}
