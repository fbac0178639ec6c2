/**
 * What the renditions of the picture and of the sound have in common: a track
 * with its place in the catalog, the demand for it, and an encoder that is freed
 * while there is no subscriber.
 *
 * @module
 */
import type { Logger, TrackProducer } from "@moq-deno/lite";
import { legacyContainer } from "../container/legacy.ts";
import { TrackWriter } from "../container/track_writer.ts";
import { type ReadonlySignal, Signal } from "../signals/signal.ts";
import { watchDemand } from "./demand.ts";
import type { PublishMarks } from "./marks.ts";

/** Options of {@linkcode EncodedRendition}. */
export interface RenditionOptions {
  /** Where groups go; it is closed with the rendition. */
  readonly track: TrackProducer;
  /** Hears of encoders that failed. */
  readonly log: Logger;
  /** Takes the times of what is encoded. */
  readonly marks: PublishMarks;
}

/** What an encoder says of its output. */
export type EncodedConfig = Pick<VideoDecoderConfig, "codec" | "description">;

/** Where an encoder puts what it makes. */
interface EncoderSink {
  output(
    chunk: EncodedVideoChunk | EncodedAudioChunk,
    metadata?: { readonly decoderConfig?: EncodedConfig },
  ): void;
  error(error: DOMException): void;
}

/** Encodes into one track; `Config` is its place in the catalog, `Offer` how it is encoded. */
export abstract class EncodedRendition<
  Config,
  Offer,
  Encoder extends VideoEncoder | AudioEncoder,
> {
  /** Name of the track. */
  readonly name: string;
  /** Whether there is a subscriber. */
  readonly isWanted: ReadonlySignal<boolean>;
  /** Its place in the catalog; `undefined` while it is not offered. */
  readonly config: Signal<Config | undefined> = new Signal(undefined);
  /** Pictures or pieces of sound given to the encoder. */
  encoded = 0;
  /** Those not given to the encoder because it was behind. */
  dropped = 0;
  protected offered: Offer | undefined;
  protected encoder: Encoder | undefined;
  readonly #options: RenditionOptions;
  readonly #kind: "video" | "audio";
  readonly #writer: TrackWriter;

  /** Offers nothing yet. */
  constructor(options: RenditionOptions, kind: "video" | "audio") {
    const { track, log } = options;
    this.name = track.name;
    this.isWanted = watchDemand(track);
    this.#options = options;
    this.#kind = kind;
    const container = legacyContainer;
    this.#writer = new TrackWriter({ track, container, kind, log });
  }

  /** Bytes written. */
  get bytes(): number {
    return this.#writer.bytes;
  }

  /** Takes the rendition out of the catalog and ends its group. */
  withdraw(): void {
    this.pause();
    this.offered = undefined;
    this.config.set(undefined);
  }

  /** Frees the encoder and ends the group, while there is no subscriber. */
  pause(): void {
    this.closeEncoder();
    this.#writer.endGroup();
  }

  /** Ends the track. */
  close(): void {
    this.withdraw();
    this.#writer.close();
  }

  /** The output of an encoder counts as long as it is in use. */
  protected openEncoder(make: (sink: EncoderSink) => Encoder): Encoder {
    const encoder: Encoder = make({
      output: (chunk, metadata) => {
        if (encoder === this.encoder) this.#write(chunk, metadata);
      },
      error: (error) => {
        if (encoder === this.encoder) this.#fail(error);
      },
    });
    return encoder;
  }

  protected closeEncoder(): void {
    const { encoder } = this;
    this.encoder = undefined;
    if (encoder && encoder.state !== "closed") encoder.close();
  }

  protected mark(
    stage: "captured" | "encoded" | "sent",
    timestampUs: number,
    atMs = performance.now(),
  ): void {
    this.#options.marks.mark(stage, { track: this.name, timestampUs, atMs });
  }

  /** The publisher's time of what the encoder calls `timestampUs`. */
  protected abstract stamp(timestampUs: number): number;

  /** Completes the place in the catalog with what only the encoder knows. */
  protected abstract learn(known: EncodedConfig): void;

  /** The encoder has failed and is closed. */
  protected abstract failedToEncode(): void;

  #write(
    chunk: EncodedVideoChunk | EncodedAudioChunk,
    { decoderConfig }: { readonly decoderConfig?: EncodedConfig } = {},
  ): void {
    const timestampUs = this.stamp(chunk.timestamp);
    this.mark("encoded", timestampUs);
    if (decoderConfig) this.learn(decoderConfig);
    const data = new Uint8Array(chunk.byteLength);
    chunk.copyTo(data);
    const isKeyframe = this.#kind === "audio" || chunk.type === "key";
    this.#writer.write({ timestampUs, data, isKeyframe });
    this.mark("sent", timestampUs);
  }

  #fail({ message }: DOMException): void {
    const fields = { track: this.name, error: message };
    this.#options.log.warn?.(`${this.#kind} encoder failed`, fields);
    this.encoder = undefined;
    this.#writer.endGroup();
    this.failedToEncode();
  }
}
