/**
 * One rendition of the video: encodes while somebody subscribes, drops pictures
 * before they are encoded and never after.
 *
 * @module
 */
import { type Logger, MoqError, type TrackProducer } from "@moq-deno/lite";
import type { VideoConfig } from "../catalog/catalog.ts";
import { legacyContainer } from "../container/legacy.ts";
import { TrackWriter } from "../container/track_writer.ts";
import { type ReadonlySignal, Signal } from "../signals/signal.ts";
import { watchDemand } from "./demand.ts";
import { hexOf } from "./description.ts";
import type { PublishMarks } from "./marks.ts";
import type { RenditionPlan } from "./rendition_plan.ts";
import { encoderKey } from "./video_codec.ts";

const KEYFRAME_US = 2_000_000;
// With more than this waiting, the encoder is slower than the camera.
const MAX_QUEUED = 2;
// Setting an encoder anew costs quality for a moment.
const BITRATE_STEP = 0.1;

/** Options of {@linkcode VideoRendition}. */
interface VideoRenditionOptions {
  /** Where groups go; it is closed with the rendition. */
  readonly track: TrackProducer;
  /** Hears of what went wrong and was got over. */
  readonly log: Logger;
  /** Takes the times of pictures. */
  readonly marks?: PublishMarks | undefined;
}

/** An encoding and how to get it. */
interface VideoOffer {
  /** What was planned. */
  readonly plan: RenditionPlan;
  /** What the browser supports of it. */
  readonly config: VideoEncoderConfig;
}

/** Encodes pictures into one track. */
export class VideoRendition {
  /** Name of the track. */
  readonly name: string;
  /** Whether anybody subscribes. */
  readonly isWanted: ReadonlySignal<boolean>;
  /** Its place in the catalog; `undefined` while it is not offered. */
  readonly config: Signal<VideoConfig | undefined> = new Signal(undefined);
  /** The encoder that failed last; it is not used again until another is offered. */
  readonly failed: Signal<string | undefined> = new Signal(undefined);
  /** What it may use of the bits per second that it wants, above 0 and up to 1. */
  bitrateShare = 1;
  readonly #options: VideoRenditionOptions;
  readonly #writer: TrackWriter;
  #offer: VideoOffer | undefined;
  #encoder: VideoEncoder | undefined;
  #bitrateBps = 0;
  #keyUs = -Infinity;
  #dueUs = -Infinity;
  #encoded = 0;
  #dropped = 0;

  /** Offers nothing yet. */
  constructor(options: VideoRenditionOptions) {
    const { track, log } = options;
    this.name = track.name;
    this.isWanted = watchDemand(track);
    this.#options = options;
    const [container, kind] = [legacyContainer, "video"] as const;
    this.#writer = new TrackWriter({ track, container, kind, log });
  }

  /** Bits per second that the encoder would use if the path let it; 0 while it is not offered. */
  get wantedBps(): number {
    return this.#offer?.config.bitrate ?? 0;
  }

  /** Bits per second that the encoder is set to. */
  get bitrateBps(): number {
    return this.#encoder ? this.#bitrateBps : 0;
  }

  /** Pictures given to the encoder. */
  get encodedFrames(): number {
    return this.#encoded;
  }

  /** Pictures not given to the encoder because it was behind. */
  get droppedFrames(): number {
    return this.#dropped;
  }

  /** Bytes written. */
  get bytes(): number {
    return this.#writer.bytes;
  }

  /** Puts the rendition into the catalog; a running encoder changes to it. */
  offer(offer: VideoOffer): void {
    const before = this.#offer;
    if (before && isSameOffer(before, offer)) return;
    this.#offer = offer;
    this.#keyUs = -Infinity;
    const isSameEncoder = before &&
      encoderKey(before.config) === encoderKey(offer.config);
    if (!isSameEncoder) this.#closeEncoder();
    else if (this.#encoder) this.#configure(this.#encoder, offer.config);
    this.failed.set(undefined);
    this.config.set(catalogConfigOf(offer));
  }

  /** Takes the rendition out of the catalog and ends its group. */
  withdraw(): void {
    this.pause();
    this.#offer = undefined;
    this.config.set(undefined);
  }

  /** Frees the encoder and ends the group: nobody subscribes. The next picture begins anew. */
  pause(): void {
    this.#closeEncoder();
    this.#writer.endGroup();
    this.#keyUs = -Infinity;
  }

  /** Encodes a picture, unless it comes too soon or the encoder is behind; it stays the caller's. */
  encode(frame: VideoFrame): void {
    const { timestamp } = frame;
    if (!this.#offer || this.failed.peek() !== undefined) return;
    if (this.#isTooSoon(timestamp, this.#offer.plan.maxFramerate)) return;
    this.#encoder ??= this.#openEncoder(this.#offer.config);
    if (this.#encoder.encodeQueueSize > MAX_QUEUED) {
      this.#dropped++;
      return;
    }
    this.#followBudget(this.#encoder, this.#offer.config);
    const keyFrame = timestamp - this.#keyUs >= KEYFRAME_US;
    if (keyFrame) this.#keyUs = timestamp;
    this.#encoded++;
    this.#encoder.encode(frame, { keyFrame });
  }

  /** Ends the track. */
  close(): void {
    this.withdraw();
    this.#writer.close();
  }

  #isTooSoon(timestampUs: number, maxFramerate: number | undefined): boolean {
    if (maxFramerate === undefined) return false;
    const stepUs = 1_000_000 / maxFramerate;
    // Pictures jitter; what comes a little early is the one that is due.
    if (timestampUs < this.#dueUs - stepUs / 4) return true;
    this.#dueUs = Math.max(this.#dueUs + stepUs, timestampUs);
    return false;
  }

  #openEncoder(config: VideoEncoderConfig): VideoEncoder {
    const encoder = new VideoEncoder({
      output: (chunk, metadata) => {
        // What an encoder that was given up still says is of no use.
        if (encoder === this.#encoder) this.#write(chunk, metadata);
      },
      error: (error) => {
        if (encoder === this.#encoder) this.#fail(error, config);
      },
    });
    this.#configure(encoder, config);
    return encoder;
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

  #write(
    chunk: EncodedVideoChunk,
    metadata: EncodedVideoChunkMetadata | undefined,
  ): void {
    const { marks } = this.#options;
    const [track, timestampUs] = [this.name, chunk.timestamp];
    marks?.mark("encoded", { track, timestampUs, atMs: performance.now() });
    if (metadata?.decoderConfig) this.#learn(metadata.decoderConfig);
    const data = new Uint8Array(chunk.byteLength);
    chunk.copyTo(data);
    const isKeyframe = chunk.type === "key";
    this.#writer.write({ timestampUs, data, isKeyframe });
    marks?.mark("sent", { track, timestampUs, atMs: performance.now() });
  }

  /** What only the encoder knows: its exact codec, and a description where it does not write parameters in band. */
  #learn({ codec, description }: VideoDecoderConfig): void {
    const config = this.config.peek();
    const hex = description && hexOf(description);
    if (!config) return;
    if (config.codec === codec && config.description === hex) return;
    const { description: _, ...rest } = config;
    this.config.set({ ...rest, codec, ...(hex && { description: hex }) });
  }

  #fail(error: DOMException, config: VideoEncoderConfig): void {
    this.#options.log.warn?.("video encoder failed", {
      track: this.name,
      codec: config.codec,
      error: error.message,
    });
    this.#encoder = undefined;
    this.#writer.endGroup();
    this.failed.set(encoderKey(config));
  }

  #closeEncoder(): void {
    const encoder = this.#encoder;
    this.#encoder = undefined;
    if (encoder && encoder.state !== "closed") encoder.close();
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
