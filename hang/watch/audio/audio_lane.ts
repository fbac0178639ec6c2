/**
 * From an audio track to the loudspeaker, by the shared clock.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { type AudioConfig, TRACK_PRIORITY } from "../../catalog/catalog.ts";
import type { OrderedSample } from "../../container/sample_order.ts";
import type { TrackReader } from "../../container/track_reader.ts";
import type { AudioOutput } from "./audio_output.ts";
import { Continuity } from "../clock/continuity.ts";
import { DecodeCost } from "../video/decode_cost.ts";
import { endOf, type LaneOptions, readChoice } from "../lane.ts";
import type { AudioChoice } from "../quality/select.ts";

// How often the loudspeaker is told what is due; in between it keeps time by itself.
const FOLLOW_MS = 200;
const MAX_FAILURES = 3;
// A decoder so far behind would only fall further back.
const MAX_QUEUED = 64;

/** Options of {@linkcode AudioLane}. */
interface AudioLaneOptions extends LaneOptions {
  /** What to play. */
  readonly choice: AudioChoice;
  /** Where to; it stays the caller's. */
  readonly output: AudioOutput;
}

/** Plays one rendition until it is closed. */
export class AudioLane {
  /** Resolves when it has ended, with the error unless it was closed or the track is complete; never rejects. */
  readonly closed: Promise<MoqError | undefined>;
  readonly #options: AudioLaneOptions;
  readonly #end = new AbortController();
  readonly #cost = new DecodeCost();
  readonly #continuity = new Continuity();
  readonly #retired: Set<AudioDecoder> = new Set();
  #decoder: AudioDecoder | undefined;
  #failures = 0;

  /** Subscribes at once. */
  constructor(options: AudioLaneOptions) {
    this.#options = options;
    this.closed = this.#run();
  }

  /** Ends the subscription and the decoder. Idempotent. */
  close(): void {
    this.#end.abort(new MoqError("closed", "Audio was closed"));
  }

  async #run(): Promise<MoqError | undefined> {
    const { signal } = this.#end;
    const { choice, sync, output } = this.#options;
    const priority = TRACK_PRIORITY.audio;
    const arrivals = {
      // Sound has to be there before it is heard: the loudspeaker has a queue of its own.
      received: (timestampUs: number) =>
        sync.received(timestampUs, output.delayMs + this.#cost.ms),
    };
    const reader = readChoice(choice, {
      ...this.#options,
      priority,
      arrivals,
    });
    sync.soundJoined();
    const follow = () => output.follow(sync.playheadUs());
    const timer = setInterval(follow, FOLLOW_MS);
    const error = await endOf(this.#runSamples(reader, signal), signal);
    clearInterval(timer);
    output.follow(undefined);
    this.#closeDecoder();
    await reader.close();
    return error;
  }

  async #runSamples(
    reader: TrackReader<AudioConfig>,
    signal: AbortSignal,
  ): Promise<void> {
    for await (const sample of reader.samples(signal)) {
      this.#options.counters.bytes += sample.data.byteLength;
      this.#decode(sample);
    }
    if (this.#decoder?.state === "configured") await this.#decoder.flush();
  }

  #decode({ timestampUs, data }: OrderedSample): void {
    if ((this.#decoder?.decodeQueueSize ?? 0) > MAX_QUEUED) return;
    if (this.#continuity.isBroken(timestampUs)) this.#retire();
    this.#decoder ??= this.#openDecoder();
    this.#cost.begin(timestampUs);
    this.#decoder.decode(
      new EncodedAudioChunk({
        type: "key",
        timestamp: timestampUs,
        data: data as Uint8Array<ArrayBuffer>,
      }),
    );
  }

  #openDecoder(): AudioDecoder {
    const decoder = new AudioDecoder({
      output: (data) => {
        try {
          // Sound of a decoder that was given up may still come.
          const isHeard = decoder === this.#decoder ||
            this.#retired.has(decoder);
          if (!isHeard) return;
          this.#cost.end(data.timestamp);
          this.#options.counters.decodedSounds++;
          this.#options.output.write(data);
        } finally {
          data.close();
        }
      },
      error: (error) => {
        if (decoder === this.#decoder) this.#failed(error);
      },
    });
    decoder.configure(this.#options.choice.decoderConfig);
    return decoder;
  }

  /**
   * Decoders count on over a gap, so that all that follows would be heard too early: what comes after one is another
   * decoder's. The old one gives away what it has.
   */
  #retire(): void {
    const decoder = this.#decoder;
    this.#decoder = undefined;
    if (decoder?.state !== "configured") return;
    this.#retired.add(decoder);
    decoder.flush().then(() => decoder.close(), () => {
      // It failed or was closed, and has nothing to give away.
    }).finally(() => this.#retired.delete(decoder));
  }

  #failed(error: DOMException): void {
    this.#options.log.warn?.("audio decoder failed", { error: error.message });
    this.#decoder = undefined;
    if (++this.#failures < MAX_FAILURES) return;
    this.#end.abort(
      new MoqError("decode", `Audio decoder failed: ${error.message}`, {
        cause: error,
      }),
    );
  }

  #closeDecoder(): void {
    const decoders = [...this.#retired, this.#decoder];
    this.#retired.clear();
    this.#decoder = undefined;
    for (const decoder of decoders) {
      if (decoder && decoder.state !== "closed") decoder.close();
    }
  }
}
