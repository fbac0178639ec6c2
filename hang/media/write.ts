/**
 * Writing what was received into a fragmented MP4 or a Matroska file.
 *
 * @module
 */
import { type Logger, MoqError } from "@moq-deno/lite";
import { abortable, asMoqError, linked } from "@moq-deno/lite/internal";
import {
  AppendOnlyStreamTarget,
  type AudioCodec,
  EncodedAudioPacketSource,
  EncodedVideoPacketSource,
  MkvOutputFormat,
  Mp4OutputFormat,
  Output,
  type Rotation,
  type VideoCodec,
} from "mediabunny";
import type { AudioConfig, Catalog, VideoConfig } from "../catalog/catalog.ts";
import type { OrderedSample } from "../container/sample_order.ts";
import { type DecoderFacts, decoderFacts } from "./decoder_facts.ts";
import { DecodeDelay, decodeDelayUs } from "./decode_delay.ts";
import { FileLane, StartTime } from "./file_lane.ts";
import { SteadyTime } from "./steady_time.ts";

// What was not received is a gap in the file; more than this is a clock that jumped.
const MAX_GAP_US = 3_600_000_000;

/** Options of {@linkcode writeMedia}. */
export interface WriteMediaOptions {
  /** Fragmented MP4, which is the default, or Matroska. */
  readonly format?: "mp4" | "mkv" | undefined;
  /** Abandons the file and throws its reason; to end it in good order close the media instead. */
  readonly signal?: AbortSignal | undefined;
  /** Hears of clocks that jumped. */
  readonly log?: Logger | undefined;
}

/** Samples of one rendition, however they come. */
export interface SampleReader<Config> {
  /** Its rendition in the catalog. */
  readonly config: Config;
  /** The samples in decode order, for one reader. */
  samples(signal?: AbortSignal): AsyncIterable<OrderedSample>;
}

/** What a file is written from, as `SubscribedMedia` is. */
export interface WritableMedia {
  /** Says how the video is turned. */
  readonly catalog: Catalog;
  /** The video, when there is any. */
  readonly video: SampleReader<VideoConfig> | undefined;
  /** The audio, when there is any. */
  readonly audio: SampleReader<AudioConfig> | undefined;
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

/**
 * Writes the samples of `media` to `file` until they end, then closes `file`; aborts it on failure.
 * Begins with a keyframe at time 0 and the sound that belongs to it. Throws `MoqError("unsupported")` for a codec that
 * the format does not take.
 */
export async function writeMedia(
  media: WritableMedia,
  file: WritableStream<Uint8Array>,
  options: WriteMediaOptions = {},
): Promise<WrittenMedia> {
  const stop = linked(options.signal);
  const writer = file.getWriter();
  const delay = new DecodeDelay();
  const isMp4 = options.format !== "mkv";
  const output = new Output({
    format: options.format === "mkv"
      ? new MkvOutputFormat({ appendOnly: true })
      : new Mp4OutputFormat({ fastStart: "fragmented" }),
    // Only what is written passes: whether the file ends or is given up is decided here.
    target: new AppendOnlyStreamTarget(
      new WritableStream({
        // Never rejects: the library waits for some writes and not for others.
        async write(chunk) {
          try {
            for (const part of isMp4 ? delay.push(chunk) : [chunk]) {
              await abortable(writer.write(part), stop.signal);
            }
          } catch (error) {
            stop.abort(error);
          }
        },
      }),
    ),
  });
  try {
    const start = new StartTime(media.video !== undefined);
    const { log } = options;
    const time = new SteadyTime({ maxAheadUs: MAX_GAP_US, log });
    const lanes = [
      addVideo(output, { ...media, time, isMp4 }),
      media.audio && addAudio(output, { reader: media.audio, time }),
    ].filter((lane) => lane !== undefined);
    await output.start();
    const run = async (lane: FileLane): Promise<void> => {
      try {
        await lane.run(start, stop.signal);
      } catch (error) {
        stop.abort(error);
        throw error;
      }
    };
    // The first failure aborts the other lane with its own error; both have ended when the file is given up.
    for (const result of await Promise.allSettled(lanes.map(run))) {
      if (result.status === "rejected") throw result.reason;
    }
    await abortable(output.finalize(), stop.signal);
    await abortable(writer.close(), stop.signal);
    return summary(lanes);
  } catch (error) {
    stop.abort(error);
    // Not awaited: it waits for a write that may never end.
    writer.abort(error).catch(() => undefined);
    await cancel(output);
    options.signal?.throwIfAborted();
    throw asMoqError(error);
  } finally {
    stop.release();
  }
}

async function cancel(output: Output): Promise<void> {
  try {
    if (output.state === "started") await output.cancel();
  } catch {
    // The file has failed; the error that was first is the one that says why.
  }
}

function summary(lanes: readonly FileLane[]): WrittenMedia {
  const framesOf = (kind: string): number =>
    lanes.find((lane) => lane.kind === kind)?.frames ?? 0;
  return {
    videoFrames: framesOf("video"),
    audioFrames: framesOf("audio"),
    durationUs: Math.max(0, ...lanes.map((lane) => lane.endUs)),
  };
}

function addVideo(
  output: Output,
  { catalog, video: reader, time, isMp4 }: WritableMedia & {
    readonly time: SteadyTime;
    readonly isMp4: boolean;
  },
): FileLane | undefined {
  if (!reader) return undefined;
  const facts = decoderFacts(reader.config);
  requireCodec(output, facts.codec);
  const sink = new EncodedVideoPacketSource(facts.codec as VideoCodec);
  output.addVideoTrack(sink, {
    ...knownAhead(facts),
    rotation: (catalog.video?.rotation ?? 0) as Rotation,
    flip: catalog.video?.flip ?? false,
  });
  const earlierUs = isMp4 ? decodeDelayUs(reader.config.codec, facts) : 0;
  return new FileLane({
    kind: "video",
    sink,
    reader,
    facts,
    time,
    earlierUs,
  });
}

function addAudio(
  output: Output,
  { reader, time }: {
    readonly reader: SampleReader<AudioConfig>;
    readonly time: SteadyTime;
  },
): FileLane {
  const facts = decoderFacts(reader.config);
  requireCodec(output, facts.codec);
  const sink = new EncodedAudioPacketSource(facts.codec as AudioCodec);
  output.addAudioTrack(sink, knownAhead(facts));
  return new FileLane({
    kind: "audio",
    sink,
    reader,
    facts,
    time,
    earlierUs: 0,
  });
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
    `Expected a codec that the file format takes (${
      codecs.join(", ")
    }), got ${codec}`,
  );
}
