/**
 * The audio thread's half of the capture: collects what comes into pieces of
 * one packet each.
 *
 * @module
 */

/** Name under which the processor is registered. */
export const CAPTURE_PROCESSOR = "moq-capture";

/** A piece of sound on its way to the page. */
export interface SoundPiece {
  /** Number of its first sample in the time of the context. */
  readonly at: number;
  /** All samples of the first channel, then those of the next. */
  readonly samples: Float32Array<ArrayBuffer>;
  /** Root of the mean square, 0 to 1: how loud it is. */
  readonly level: number;
}

/** What the processor needs to know. */
export interface CaptureProcessorOptions {
  /** Channels of a piece. */
  readonly channels: number;
  /** Samples per channel of a piece. */
  readonly length: number;
}

/** What a worklet's global scope has, as far as it is used. */
interface WorkletScope {
  readonly currentFrame: number;
  readonly AudioWorkletProcessor: new () => { readonly port: MessagePort };
  registerProcessor(name: string, processor: unknown): void;
}

/** Address of the worklet's module; the caller revokes it once it is loaded. */
export function captureWorkletUrl(): string {
  const name = JSON.stringify(CAPTURE_PROCESSOR);
  const text = `(${registerCapture})(globalThis, ${name});`;
  return URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
}

/** Runs in the worklet, where only its arguments exist: it travels as text, so that no bundler has to know of it. */
function registerCapture(scope: WorkletScope, name: string): void {
  class Capture extends scope.AudioWorkletProcessor {
    readonly #channels: number;
    readonly #length: number;
    #samples: Float32Array<ArrayBuffer>;
    #filled = 0;
    #at = 0;

    constructor(
      { processorOptions }: {
        readonly processorOptions: CaptureProcessorOptions;
      },
    ) {
      super();
      this.#channels = processorOptions.channels;
      this.#length = processorOptions.length;
      this.#samples = new Float32Array(this.#channels * this.#length);
    }

    process([input]: [Float32Array[]]): boolean {
      const quantum = input[0]?.length ?? 0;
      // Nothing is connected for now: what comes next is another stretch.
      if (quantum === 0) this.#filled = 0;
      for (let from = 0; from < quantum;) {
        if (this.#filled === 0) this.#at = scope.currentFrame + from;
        const count = Math.min(quantum - from, this.#length - this.#filled);
        for (let channel = 0; channel < this.#channels; channel++) {
          const plane = input[Math.min(channel, input.length - 1)]!;
          const start = channel * this.#length + this.#filled;
          this.#samples.set(plane.subarray(from, from + count), start);
        }
        this.#filled += count;
        from += count;
        if (this.#filled === this.#length) this.#send();
      }
      return true;
    }

    #send(): void {
      const samples = this.#samples;
      let sum = 0;
      for (const sample of samples) sum += sample * sample;
      const level = Math.sqrt(sum / samples.length);
      this.port.postMessage({ at: this.#at, samples, level }, [samples.buffer]);
      this.#samples = new Float32Array(this.#channels * this.#length);
      this.#filled = 0;
    }
  }

  scope.registerProcessor(name, Capture);
}
