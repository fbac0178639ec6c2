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
import { MoqError } from "@moq-deno/lite";
import { joinBytes, messageOf } from "@moq-deno/lite/internal";
import {
  boxAt,
  HEADER_BYTES,
  splitBoxes,
  viewOf,
  wholeBox,
} from "../container/boxes.ts";
import { SAMPLE_ENTRIES } from "../container/cmaf_description.ts";
import { readCmafInit } from "../container/cmaf_init.ts";
import { decodeDelayUs, shownLater } from "../media/decode_delay.ts";
import type { DecoderFacts } from "../media/decoder_facts.ts";
import type { CutSegment } from "./segmenter.ts";

// Of all renditions: pictures that are shown late are decoded before the time at which they begin.
const HEADROOM_US = 1_000_000;

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
        messageOf(error)
      }`,
      { cause: error },
    );
  }
  const init = new Uint8Array(initTarget.buffer!);
  const media = new Uint8Array(target.buffer!);
  const delayUs = kind === "video"
    ? decodeDelayUs(facts.decoderConfig.codec, facts)
    : 0;
  return { init, media: decodedEarlier(media, { init, delayUs }) };
}

/** A segment whose pictures are decoded `delayUs` earlier and shown when they were. */
function decodedEarlier(
  media: Uint8Array<ArrayBuffer>,
  { init, delayUs }: { readonly init: Uint8Array; readonly delayUs: number },
): Uint8Array<ArrayBuffer> {
  if (delayUs === 0) return media;
  const { timescale } = readCmafInit(init);
  const ticks = Math.round(Math.min(delayUs, HEADROOM_US) * timescale / 1e6);
  let grown = 0;
  const boxes = splitBoxes(media).map((box) => {
    const whole = wholeBox(media, box);
    if (box.type !== "moof") return { type: box.type, bytes: whole.slice() };
    const bytes = shownLater(whole, {
      trackId: 1,
      ticks,
      isDecodedEarlier: true,
    });
    grown += bytes.byteLength - whole.byteLength;
    return { type: box.type, bytes };
  });
  for (const { type, bytes } of boxes) {
    if (type === "sidx") growReference(bytes, grown);
  }
  return joinBytes(boxes.map(({ bytes }) => bytes));
}

/** The only reference of an index, which is to all that follows it. ISO/IEC 14496-12, section 8.16.3. */
function growReference(sidx: Uint8Array, bytes: number): void {
  const view = viewOf(sidx);
  const at = HEADER_BYTES + (sidx[HEADER_BYTES] === 1 ? 32 : 24);
  view.setUint32(at, view.getUint32(at) + bytes);
}

/** What of an init segment says how samples are decoded; its other boxes say when it was made. */
export function sampleEntryOf(init: Uint8Array): Uint8Array {
  return boxAt(splitBoxes(init), SAMPLE_ENTRIES);
}

function* packetsOf(
  { samples, startUs, durationUs }: CutSegment,
  { stepUs }: DecoderFacts,
): Iterable<EncodedPacket> {
  const newestUs = samples.reduce(
    (newest, { timestampUs }) => Math.max(newest, timestampUs),
    -Infinity,
  );
  // The sample that is shown last lasts until the next segment begins.
  const lastUs = Math.max(1, startUs + durationUs - newestUs);
  for (const sample of samples) {
    const isNewest = sample.timestampUs === newestUs;
    yield new EncodedPacket(
      sample.data,
      sample.isKeyframe ? "key" : "delta",
      (sample.timestampUs + HEADROOM_US) / 1_000_000,
      (isNewest ? lastUs : sample.durationUs ?? stepUs) / 1_000_000,
    );
  }
}
