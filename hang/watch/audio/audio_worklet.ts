/**
 * The audio thread's half: plays the ring at the position that the shared clock
 * says, slightly faster or slower where clocks drift.
 *
 * @module
 */
import { AudioRing, type AudioRingOptions } from "./audio_ring.ts";

/** Name under which the processor is registered. */
export const PROCESSOR_NAME = "moq-ring-player";

/** What the page tells the processor. */
export type AudioCommand =
  /** Play `position` at the context's time `atSeconds` and go on from there. */
  | {
    readonly kind: "play";
    readonly position: number;
    readonly atSeconds: number;
  }
  /** Be silent. */
  | { readonly kind: "stop" }
  /** Put samples into the ring; only without shared memory. */
  | {
    readonly kind: "write";
    readonly position: number;
    readonly planes: readonly Float32Array[];
  };

/** What the processor tells the page. */
export interface AudioReport {
  /** Samples that were not there when they were due, since the last report. */
  readonly missing: number;
}

/** What a worklet's global scope has, as far as it is used. */
interface WorkletScope {
  readonly currentTime: number;
  readonly sampleRate: number;
  readonly AudioWorkletProcessor: new () => { readonly port: MessagePort };
  registerProcessor(name: string, processor: unknown): void;
}

/** Address of the worklet's module; the caller revokes it once it is loaded. */
export function workletUrl(): string {
  const text = `(${registerRingPlayer})(globalThis, ${AudioRing}, ${
    JSON.stringify(PROCESSOR_NAME)
  });`;
  return URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
}

/** Runs in the worklet, where only its arguments exist: it travels as text, so that no bundler has to know of it. */
function registerRingPlayer(
  scope: WorkletScope,
  Ring: typeof AudioRing,
  name: string,
): void {
  // Further off than this a jump is better than a long chase.
  const jumpSeconds = 0.06;
  const exactSeconds = 0.004;
  const chaseSeconds = 1;
  const maxBend = 0.02;
  const reportEvery = 100;

  class RingPlayer extends scope.AudioWorkletProcessor {
    readonly #ring: AudioRing;
    #anchor:
      | { readonly position: number; readonly atSeconds: number }
      | undefined;
    #position = 0;
    #isPlaying = false;
    #isChasing = false;
    #missing = 0;
    #calls = 0;

    constructor(
      { processorOptions }: { readonly processorOptions: AudioRingOptions },
    ) {
      super();
      this.#ring = new Ring(processorOptions);
      this.port.onmessage = ({ data }) => this.#command(data);
    }

    #command(command: AudioCommand): void {
      if (command.kind === "write") {
        this.#ring.write(command.position, command.planes);
      } else if (command.kind === "play") this.#anchor = command;
      else {
        this.#anchor = undefined;
        this.#isPlaying = false;
      }
    }

    process(_: unknown, [output]: [Float32Array[]]): boolean {
      if (!this.#anchor || !output[0]) return true;
      const step = this.#steer(this.#anchor);
      this.#missing += this.#ring.read(this.#position, output, step);
      this.#position += output[0].length * step;
      if (++this.#calls % reportEvery === 0 && this.#missing > 0) {
        this.port.postMessage({ missing: this.#missing });
        this.#missing = 0;
      }
      return true;
    }

    /** How far to go per sample in order to be where the anchor says. */
    #steer(
      anchor: { readonly position: number; readonly atSeconds: number },
    ): number {
      const { sampleRate, currentTime } = scope;
      const due = anchor.position +
        (currentTime - anchor.atSeconds) * sampleRate;
      const error = (due - this.#position) / sampleRate;
      if (!this.#isPlaying || Math.abs(error) > jumpSeconds) {
        this.#isPlaying = true;
        this.#isChasing = false;
        this.#position = Math.round(due);
        return 1;
      }
      // Begins to chase when it is off, ends when it is there.
      if (Math.abs(error) > 3 * exactSeconds) this.#isChasing = true;
      if (Math.abs(error) < exactSeconds) this.#isChasing = false;
      if (!this.#isChasing) {
        this.#position = Math.round(this.#position);
        return 1;
      }
      return 1 + Math.max(-maxBend, Math.min(maxBend, error / chaseSeconds));
    }
  }

  scope.registerProcessor(name, RingPlayer);
}
