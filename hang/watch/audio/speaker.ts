/**
 * The sound of a player: waits until the browser allows it, then plays one
 * rendition on the loudspeaker.
 *
 * @module
 */
import type { MoqError } from "@moq-deno/lite";
import { asMoqError, onAbort } from "@moq-deno/lite/internal";
import { effect, type ReadonlySignal, Signal } from "../../signals/signal.ts";
import { AudioLane } from "./audio_lane.ts";
import { AudioOutput } from "./audio_output.ts";
import type { LaneOptions } from "../lane.ts";
import type { AudioChoice } from "../quality/select.ts";

interface SpeakerOptions extends LaneOptions {
  readonly choice: AudioChoice;
  /** Loudness from 0 to 1. */
  readonly volume: ReadonlySignal<number>;
}

/** Plays until it is closed. */
export class Speaker {
  /** Whether the browser keeps it silent until the user touches the page. */
  readonly isBlocked: Signal<boolean>;
  /** Resolves when it has ended, with the error unless it was closed or the track is complete; never rejects. */
  readonly closed: Promise<MoqError | undefined>;
  readonly #options: SpeakerOptions;
  readonly #output: AudioOutput;
  readonly #end = new AbortController();

  /** Begins at once; subscribes as soon as it may be heard. */
  constructor(options: SpeakerOptions) {
    const { sampleRate, numberOfChannels } = options.choice.config;
    this.#options = options;
    this.#output = new AudioOutput({
      sampleRate,
      channels: numberOfChannels,
      latencyMs: options.sync.latency.maxMs,
    });
    this.isBlocked = new Signal(!this.#output.isRunning);
    this.closed = this.#run(this.#end.signal);
  }

  /** The last node before the loudspeaker. */
  get node(): AudioNode {
    return this.#output.gain;
  }

  /** Seconds of sound that were not there in time. */
  get missingSeconds(): number {
    return this.#output.missingSeconds;
  }

  /** Ends the subscription and lets go of the loudspeaker. Idempotent. */
  close(): void {
    this.#end.abort();
    this.#output.close();
  }

  async #run(signal: AbortSignal): Promise<MoqError | undefined> {
    const output = this.#output;
    const { volume } = this.#options;
    const stopVolume = effect(() => output.setVolume(volume.get()));
    try {
      await output.untilRunning(signal);
      this.isBlocked.set(false);
      await output.start();
      signal.throwIfAborted();
      const lane = new AudioLane({ ...this.#options, output });
      onAbort(signal, () => lane.close());
      return await lane.closed;
    } catch (error) {
      return signal.aborted ? undefined : asMoqError(error);
    } finally {
      stopVolume();
    }
  }
}
