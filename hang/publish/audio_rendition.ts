/**
 * The sound of a broadcast: encodes while somebody subscribes, one group for
 * each short run of packets.
 *
 * @module
 */
import type { Logger, TrackProducer } from "@moq-deno/lite";
import type { AudioConfig } from "../catalog/catalog.ts";
import { legacyContainer } from "../container/legacy.ts";
import { TrackWriter } from "../container/track_writer.ts";
import { type ReadonlySignal, Signal } from "../signals/signal.ts";
import type { AudioOffer } from "./audio_codec.ts";
import type { SoundPiece } from "./audio_worklet.ts";
import { watchDemand } from "./demand.ts";
import { hexOf } from "./description.ts";
import type { PublishMarks } from "./marks.ts";
import type { PublishClock } from "./publish_clock.ts";
import { Restamp } from "./restamp.ts";

// Sound is cheap to encode: so much waits only where nothing works any more.
const MAX_QUEUED = 25;
// An encoder that fails again and again will not be better the next time.
const MAX_FAILURES = 3;

/** Options of {@linkcode AudioRendition}. */
interface AudioRenditionOptions {
  /** Where groups go; it is closed with the rendition. */
  readonly track: TrackProducer;
  /** What timestamps count from. */
  readonly clock: PublishClock;
  /** Hears of what went wrong and was got over. */
  readonly log: Logger;
  /** Takes the times of pieces. */
  readonly marks?: PublishMarks | undefined;
}

/** Encodes sound into one track. */
export class AudioRendition {
  /** Name of the track. */
  readonly name: string;
  /** Whether anybody subscribes. */
  readonly isWanted: ReadonlySignal<boolean>;
  /** Its place in the catalog; `undefined` while it is not offered. */
  readonly config: Signal<AudioConfig | undefined> = new Signal(undefined);
  readonly #options: AudioRenditionOptions;
  readonly #writer: TrackWriter;
  #offer: AudioOffer | undefined;
  #restamp = new Restamp();
  #encoder: AudioEncoder | undefined;
  #nextAt = 0;
  #offsetUs = 0;
  #lastUs = -1;
  #failures = 0;
  #encoded = 0;
  #dropped = 0;

  /** Offers nothing yet. */
  constructor(options: AudioRenditionOptions) {
    const { track, log } = options;
    this.name = track.name;
    this.isWanted = watchDemand(track);
    this.#options = options;
    const [container, kind] = [legacyContainer, "audio"] as const;
    this.#writer = new TrackWriter({ track, container, kind, log });
  }

  /** Pieces given to the encoder. */
  get encodedPieces(): number {
    return this.#encoded;
  }

  /** Pieces not given to the encoder because it was behind. */
  get droppedPieces(): number {
    return this.#dropped;
  }

  /** Bytes written. */
  get bytes(): number {
    return this.#writer.bytes;
  }

  /** Puts the sound of a new source into the catalog. */
  offer(offer: AudioOffer): void {
    this.pause();
    this.#offer = offer;
    this.#failures = 0;
    this.#restamp = new Restamp();
    this.config.set(offer.config);
  }

  /** Takes it out of the catalog and ends its group. */
  withdraw(): void {
    this.pause();
    this.#offer = undefined;
    this.config.set(undefined);
  }

  /** Frees the encoder and ends the group: nobody subscribes. */
  pause(): void {
    this.#closeEncoder();
    this.#writer.endGroup();
  }

  /** Encodes a piece that has just come. */
  encode({ at, samples }: SoundPiece): void {
    if (!this.#offer || this.#failures === MAX_FAILURES) return;
    const { sampleRate, numberOfChannels } = this.#offer.encoder;
    const numberOfFrames = samples.length / numberOfChannels;
    // Encoders count samples: behind a hole their times would be wrong.
    if (at !== this.#nextAt) this.pause();
    this.#nextAt = at + numberOfFrames;
    const timestamp = Math.round(at * 1_000_000 / sampleRate);
    this.#stamp(timestamp, numberOfFrames * 1_000_000 / sampleRate);
    this.#encoder ??= this.#openEncoder(this.#offer.encoder);
    if (this.#encoder.encodeQueueSize > MAX_QUEUED) {
      this.#dropped++;
      this.#nextAt = -1;
      return;
    }
    const data = new AudioData({
      format: "f32-planar",
      sampleRate,
      numberOfChannels,
      numberOfFrames,
      timestamp,
      data: samples,
    });
    try {
      this.#encoder.encode(data);
      this.#encoded++;
    } finally {
      data.close();
    }
  }

  /** Ends the track. */
  close(): void {
    this.withdraw();
    this.#writer.close();
  }

  /** A piece has come when its last sample was captured. */
  #stamp(timestampUs: number, durationUs: number): void {
    const { clock, marks } = this.#options;
    const nowUs = clock.nowUs();
    const endUs = this.#restamp.stamp(timestampUs + durationUs, nowUs);
    this.#offsetUs = Math.round(endUs - durationUs) - timestampUs;
    marks?.mark("captured", {
      track: this.name,
      timestampUs: timestampUs + this.#offsetUs,
      atMs: clock.atMs(nowUs),
    });
  }

  #openEncoder(config: AudioEncoderConfig): AudioEncoder {
    const encoder = new AudioEncoder({
      output: (chunk, metadata) => {
        // What an encoder that was given up still says is of no use.
        if (encoder === this.#encoder) this.#write(chunk, metadata);
      },
      error: (error) => {
        if (encoder === this.#encoder) this.#fail(error);
      },
    });
    encoder.configure(config);
    return encoder;
  }

  #write(
    chunk: EncodedAudioChunk,
    metadata: EncodedAudioChunkMetadata | undefined,
  ): void {
    const { marks } = this.#options;
    const track = this.name;
    const timestampUs = Math.max(
      chunk.timestamp + this.#offsetUs,
      this.#lastUs + 1,
    );
    this.#lastUs = timestampUs;
    marks?.mark("encoded", { track, timestampUs, atMs: performance.now() });
    if (metadata?.decoderConfig) this.#learn(metadata.decoderConfig);
    const data = new Uint8Array(chunk.byteLength);
    chunk.copyTo(data);
    this.#writer.write({ timestampUs, data, isKeyframe: true });
    marks?.mark("sent", { track, timestampUs, atMs: performance.now() });
  }

  /** AAC is not to be decoded without its description; what an encoder says of Opus decoders assume anyway. */
  #learn({ codec, description }: AudioDecoderConfig): void {
    const config = this.config.peek();
    if (!config || !description || codec === "opus") return;
    const hex = hexOf(description);
    if (hex !== config.description) {
      this.config.set({ ...config, description: hex });
    }
  }

  #fail(error: DOMException): void {
    this.#options.log.warn?.("audio encoder failed", { error: error.message });
    this.#encoder = undefined;
    this.#writer.endGroup();
    if (++this.#failures === MAX_FAILURES) this.config.set(undefined);
  }

  #closeEncoder(): void {
    const encoder = this.#encoder;
    this.#encoder = undefined;
    if (encoder && encoder.state !== "closed") encoder.close();
  }
}
