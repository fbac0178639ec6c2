/**
 * The sound of a broadcast: encodes while there is a subscriber, one group for
 * each short run of packets.
 *
 * @module
 */
import type { AudioConfig } from "../catalog/catalog.ts";
import type { AudioOffer } from "./audio_codec.ts";
import type { SoundPiece } from "./audio_worklet.ts";
import { hexOf } from "./description.ts";
import type { PublishClock } from "./publish_clock.ts";
import {
  type EncodedConfig,
  EncodedRendition,
  type RenditionOptions,
} from "./encoded_rendition.ts";
import { Restamp } from "./restamp.ts";

// Sound is cheap to encode: so much waits only where nothing works any more.
const MAX_QUEUED = 25;
// An encoder that fails again and again will not be better the next time.
const MAX_FAILURES = 3;

/** Encodes sound into one track. */
export class AudioRendition
  extends EncodedRendition<AudioConfig, AudioOffer, AudioEncoder> {
  readonly #clock: PublishClock;
  #restamp = new Restamp();
  #nextAt = 0;
  #offsetUs = 0;
  #lastUs = -1;
  #failures = 0;

  /** Offers nothing yet; timestamps count from the beginning of `clock`. */
  constructor(options: RenditionOptions & { readonly clock: PublishClock }) {
    super(options, "audio");
    this.#clock = options.clock;
  }

  /** Puts the sound of a new source into the catalog. */
  offer(offer: AudioOffer): void {
    this.pause();
    this.offered = offer;
    this.#failures = 0;
    this.#restamp = new Restamp();
    this.config.set(offer.config);
  }

  /** Encodes a piece that has just come. */
  encode({ at, samples }: SoundPiece): void {
    if (!this.offered || this.#failures === MAX_FAILURES) return;
    const { sampleRate, numberOfChannels } = this.offered.encoder;
    const numberOfFrames = samples.length / numberOfChannels;
    // Encoders count samples: behind a hole their times would be wrong.
    if (at !== this.#nextAt) this.pause();
    this.#nextAt = at + numberOfFrames;
    const timestamp = Math.round(at * 1_000_000 / sampleRate);
    this.#capture(timestamp, numberOfFrames * 1_000_000 / sampleRate);
    if (!this.encoder) {
      const encoder = this.openEncoder((sink) => new AudioEncoder(sink));
      encoder.configure(this.offered.encoder);
      this.encoder = encoder;
    }
    if (this.encoder.encodeQueueSize > MAX_QUEUED) {
      this.dropped++;
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
      this.encoder.encode(data);
      this.encoded++;
    } finally {
      data.close();
    }
  }

  protected override stamp(timestampUs: number): number {
    this.#lastUs = Math.max(timestampUs + this.#offsetUs, this.#lastUs + 1);
    return this.#lastUs;
  }

  /** AAC is not to be decoded without its description; what an encoder says of Opus decoders assume anyway. */
  protected override learn({ codec, description }: EncodedConfig): void {
    const config = this.config.peek();
    if (!config || !description || codec === "opus") return;
    const hex = hexOf(description);
    if (hex !== config.description) {
      this.config.set({ ...config, description: hex });
    }
  }

  protected override failedToEncode(): void {
    if (++this.#failures === MAX_FAILURES) this.config.set(undefined);
  }

  /** A piece has come when its last sample was captured. */
  #capture(timestampUs: number, durationUs: number): void {
    const nowUs = this.#clock.nowUs();
    const endUs = this.#restamp.stamp(timestampUs + durationUs, nowUs);
    this.#offsetUs = Math.round(endUs - durationUs) - timestampUs;
    const atMs = this.#clock.atMs(nowUs);
    this.mark("captured", timestampUs + this.#offsetUs, atMs);
  }
}
