/**
 * One rendition of the video: encodes while there is a subscriber, drops pictures
 * before they are encoded and never after.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import type { VideoConfig } from "../catalog/catalog.ts";
import { Signal } from "../signals/signal.ts";
import { hexOf } from "./description.ts";
import {
  type EncodedConfig,
  EncodedRendition,
  type RenditionOptions,
} from "./encoded_rendition.ts";
import type { RenditionPlan } from "./rendition_plan.ts";
import { encoderKey } from "./video_codec.ts";

const KEYFRAME_US = 2_000_000;
// With more than this waiting, the encoder is slower than the camera.
const MAX_QUEUED = 2;
// Reconfiguring an encoder costs quality for a moment.
const BITRATE_STEP = 0.1;

/** An encoding and how to get it. */
interface VideoOffer {
  /** What was planned. */
  readonly plan: RenditionPlan;
  /** What the browser supports of it. */
  readonly config: VideoEncoderConfig;
}

/** Encodes pictures into one track. */
export class VideoRendition
  extends EncodedRendition<VideoConfig, VideoOffer, VideoEncoder> {
  /** The encoder that failed last; it is not used again until another is offered. */
  readonly failed: Signal<string | undefined> = new Signal(undefined);
  /** What it may use of the bits per second that it wants, above 0 and up to 1. */
  bitrateShare = 1;
  #bitrateBps = 0;
  #keyUs = -Infinity;
  #dueUs = -Infinity;

  /** Offers nothing yet. */
  constructor(options: RenditionOptions) {
    super(options, "video");
  }

  /** Bits per second that the encoder would use if the path let it; 0 while it is not offered. */
  get wantedBps(): number {
    return this.offered?.config.bitrate ?? 0;
  }

  /** Bits per second that the encoder is set to. */
  get bitrateBps(): number {
    return this.encoder ? this.#bitrateBps : 0;
  }

  /** Puts the rendition into the catalog; a running encoder changes to it. */
  offer(offer: VideoOffer): void {
    const before = this.offered;
    if (before && isSameOffer(before, offer)) return;
    this.offered = offer;
    this.#keyUs = -Infinity;
    const isSameEncoder = before &&
      encoderKey(before.config) === encoderKey(offer.config);
    if (!isSameEncoder) this.closeEncoder();
    else if (this.encoder) this.#configure(this.encoder, offer.config);
    this.failed.set(undefined);
    this.config.set(catalogConfigOf(offer));
  }

  /** As for all renditions; the next picture is a keyframe. */
  override pause(): void {
    super.pause();
    this.#keyUs = -Infinity;
  }

  /** Encodes a picture, unless it comes too soon or the encoder is behind; it stays the caller's. */
  encode(frame: VideoFrame): void {
    const { timestamp } = frame;
    if (!this.offered || this.failed.peek() !== undefined) return;
    if (this.#isTooSoon(timestamp, this.offered.plan.maxFramerate)) return;
    if (!this.encoder) {
      const encoder = this.openEncoder((sink) => new VideoEncoder(sink));
      this.#configure(encoder, this.offered.config);
      this.encoder = encoder;
    }
    if (this.encoder.encodeQueueSize > MAX_QUEUED) {
      this.dropped++;
      return;
    }
    this.#followBudget(this.encoder, this.offered.config);
    const keyFrame = timestamp - this.#keyUs >= KEYFRAME_US;
    if (keyFrame) this.#keyUs = timestamp;
    this.encoded++;
    this.encoder.encode(frame, { keyFrame });
  }

  protected override stamp(timestampUs: number): number {
    return timestampUs;
  }

  /** The exact codec, and a description where the encoder does not write parameters in band. */
  protected override learn({ codec, description }: EncodedConfig): void {
    const config = this.config.peek();
    const hex = description && hexOf(description);
    if (!config) return;
    if (config.codec === codec && config.description === hex) return;
    const { description: _, ...rest } = config;
    this.config.set({ ...rest, codec, ...(hex && { description: hex }) });
  }

  protected override failedToEncode(): void {
    this.failed.set(this.offered && encoderKey(this.offered.config));
  }

  #isTooSoon(timestampUs: number, maxFramerate: number | undefined): boolean {
    if (maxFramerate === undefined) return false;
    const stepUs = 1_000_000 / maxFramerate;
    // Pictures jitter; what comes a little early is the one that is due.
    if (timestampUs < this.#dueUs - stepUs / 4) return true;
    this.#dueUs = Math.max(this.#dueUs + stepUs, timestampUs);
    return false;
  }

  #configure(encoder: VideoEncoder, config: VideoEncoderConfig): void {
    this.#bitrateBps = this.#allowedBps;
    encoder.configure({ ...config, bitrate: this.#bitrateBps });
  }

  get #allowedBps(): number {
    return Math.max(1, Math.round(this.wantedBps * this.bitrateShare));
  }

  #followBudget(encoder: VideoEncoder, config: VideoEncoderConfig): void {
    const difference = Math.abs(this.#allowedBps - this.#bitrateBps);
    const isFreed = this.bitrateShare === 1 && difference > 0;
    if (isFreed || difference > BITRATE_STEP * this.#bitrateBps) {
      this.#configure(encoder, config);
    }
  }
}

function isSameOffer(one: VideoOffer, other: VideoOffer): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function catalogConfigOf({ config, plan }: VideoOffer): VideoConfig {
  const framerate = Math.round(plan.framerate * 100) / 100;
  return {
    codec: config.codec,
    container: { kind: "legacy" },
    codedWidth: config.width,
    codedHeight: config.height,
    framerate,
    bitrate: config.bitrate ?? 0,
    jitter: Math.ceil(1000 / framerate),
    optimizeForLatency: true,
  };
}

/** The error when a browser has no encoder for pictures at all. */
export function noVideoEncoder(): MoqError {
  return new MoqError(
    "unsupported",
    "Expected a browser that encodes H.264, VP9, AV1 or VP8, this one has no encoder for such a picture",
  );
}
