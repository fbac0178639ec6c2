/**
 * From samples to a CMAF segment and the init segment that describes it.
 * ISO/IEC 23000-19.
 *
 * @module
 */
import {
  type AudioCodec,
  BufferTarget,
  CmafOutputFormat,
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedVideoPacketSource,
  Output,
  type VideoCodec,
} from "mediabunny";
import { asMoqError, MoqError } from "@moq-deno/lite";
import { boxAt, splitBoxes } from "../container/boxes.ts";
import type { DecoderFacts } from "../media/decoder_facts.ts";
import type { CutSegment } from "./segmenter.ts";

/** A segment, ready to be sent. */
export interface MuxedSegment {
  /** ftyp and moov. */
  readonly init: Uint8Array<ArrayBuffer>;
  /** moof and mdat. */
  readonly media: Uint8Array<ArrayBuffer>;
}

/** Packs `cut`; throws `MoqError("unsupported")` for a codec that segments do not take, and `"decode"` for samples that are broken. */
export async function muxSegment(
  cut: CutSegment,
  { kind, facts }: {
    readonly kind: "video" | "audio";
    readonly facts: DecoderFacts;
  },
): Promise<MuxedSegment> {
  const format = new CmafOutputFormat();
  const codecs: readonly string[] = format.getSupportedCodecs();
  if (!codecs.includes(facts.codec)) {
    throw new MoqError(
      "unsupported",
      `Expected a codec that CMAF takes, got ${facts.codec}`,
    );
  }
  const [target, initTarget] = [new BufferTarget(), new BufferTarget()];
  const output = new Output({ format, target, initTarget });
  try {
    const sink = kind === "video"
      ? new EncodedVideoPacketSource(facts.codec as VideoCodec)
      : new EncodedAudioPacketSource(facts.codec as AudioCodec);
    if (sink instanceof EncodedVideoPacketSource) output.addVideoTrack(sink);
    else output.addAudioTrack(sink);
    await output.start();
    for (const packet of packetsOf(cut, facts)) {
      await sink.add(packet, { decoderConfig: facts.decoderConfig });
    }
    await output.finalize();
  } catch (error) {
    if (output.state === "started") await output.cancel();
    throw new MoqError(
      "decode",
      `Expected samples of ${facts.decoderConfig.codec}, got others: ${
        asMoqError(error).message
      }`,
      { cause: error },
    );
  }
  return {
    init: new Uint8Array(initTarget.buffer!),
    media: new Uint8Array(target.buffer!),
  };
}

/** What of an init segment says how samples are decoded; its other boxes say when it was made. */
export function sampleEntryOf(init: Uint8Array): Uint8Array {
  const path = ["moov", "trak", "mdia", "minf", "stbl", "stsd"];
  return boxAt(splitBoxes(init), path);
}

function* packetsOf(
  { samples, startUs, durationUs }: CutSegment,
  { stepUs }: DecoderFacts,
): Iterable<EncodedPacket> {
  const newestUs = Math.max(...samples.map((one) => one.timestampUs));
  // The sample that is shown last lasts until the next segment begins.
  const lastUs = Math.max(1, startUs + durationUs - newestUs);
  for (const sample of samples) {
    const isNewest = sample.timestampUs === newestUs;
    yield new EncodedPacket(
      sample.data,
      sample.isKeyframe ? "key" : "delta",
      sample.timestampUs / 1_000_000,
      (isNewest ? lastUs : sample.durationUs ?? stepUs) / 1_000_000,
    );
  }
}
