/**
 * The loudspeaker: an AudioContext with a worklet that plays what is written at
 * the time that the shared clock says. Browsers keep it silent until the user
 * has touched the page.
 *
 * @module
 */
import { Latch } from "@moq-deno/lite/internal";
import { atGestures } from "../../signals/dom.ts";
import { AudioRing } from "./audio_ring.ts";
import {
  type AudioCommand,
  type AudioReport,
  PROCESSOR_NAME,
  workletUrl,
} from "./audio_worklet.ts";

// A change of volume within one sample clicks.
const FADE_SECONDS = 0.02;
// The loudspeaker fetches sound in batches: the longest delay of the last seconds counts.
const DELAY_FADE = 0.99;

interface AudioOutputOptions {
  /** Hertz. */
  readonly sampleRate: number;
  readonly channels: number;
  /** The longest time in milliseconds that sound is held before it is played. */
  readonly latencyMs: number;
}

/** Plays sound by media time. */
export class AudioOutput {
  /** The context of {@linkcode AudioOutput.gain}. */
  readonly context: AudioContext;
  /** The last node before the loudspeaker. */
  readonly gain: GainNode;
  readonly #channels: number;
  readonly #capacity: number;
  readonly #memory: SharedArrayBuffer | undefined;
  readonly #ring: AudioRing | undefined;
  readonly #latch = new Latch();
  #node: AudioWorkletNode | undefined;
  #missing = 0;
  #delayMs = 0;

  /** Makes the context; nothing is heard before {@linkcode AudioOutput.start}. */
  constructor({ sampleRate, channels, latencyMs }: AudioOutputOptions) {
    this.context = new AudioContext({ sampleRate, latencyHint: "interactive" });
    this.gain = this.context.createGain();
    this.gain.connect(this.context.destination);
    this.#channels = channels;
    this.#capacity = ringCapacity(sampleRate, latencyMs);
    this.#memory = globalThis.crossOriginIsolated
      ? new SharedArrayBuffer(AudioRing.bytesFor(channels, this.#capacity))
      : undefined;
    this.#ring = this.#memory && new AudioRing(this.#ringOptions());
    this.context.addEventListener("statechange", () => this.#latch.wake());
  }

  /** Whether the browser lets us be heard. */
  get isRunning(): boolean {
    return this.context.state === "running";
  }

  /** Seconds of sound that were not there in time. */
  get missingSeconds(): number {
    return this.#missing / this.context.sampleRate;
  }

  /** How long before it is heard a sample has to be written, in milliseconds. */
  get delayMs(): number {
    return this.#delayMs;
  }

  /** Waits until the browser lets us be heard, asking again at every gesture; throws `signal.reason`. */
  async untilRunning(signal: AbortSignal): Promise<void> {
    const release = this.#latch.wakeOn(signal);
    // Resolves only once it is allowed, so nothing waits for it; rejects when the context is closed before.
    const stop = atGestures(() => {
      this.context.resume().catch(() => {
        // The player has ended, or plays another broadcast.
      });
    });
    try {
      while (!this.isRunning) {
        signal.throwIfAborted();
        await this.#latch.changed();
      }
    } finally {
      release();
      stop();
    }
  }

  /** Loads the worklet. */
  async start(): Promise<void> {
    const url = workletUrl();
    try {
      await this.context.audioWorklet.addModule(url);
    } finally {
      URL.revokeObjectURL(url);
    }
    if (this.context.state === "closed") return;
    const node = new AudioWorkletNode(this.context, PROCESSOR_NAME, {
      numberOfInputs: 0,
      outputChannelCount: [this.#channels],
      processorOptions: this.#ringOptions(),
    });
    node.port.onmessage = ({ data }: MessageEvent<AudioReport>) => {
      this.#missing += data.missing;
    };
    node.connect(this.gain);
    this.#node = node;
  }

  /** Loudness from 0 to 1 as people feel it. */
  setVolume(volume: number): void {
    const now = this.context.currentTime;
    this.gain.gain.setTargetAtTime(volume ** 2, now, FADE_SECONDS);
  }

  /** Puts decoded sound where its time is; `data` stays the caller's. */
  write(data: AudioData): void {
    const planes = planesOf(data, {
      sampleRate: this.context.sampleRate,
      channels: this.#channels,
    });
    const position = this.#positionOf(data.timestamp);
    if (this.#ring) return this.#ring.write(position, planes);
    const transfer = planes.map(({ buffer }) => buffer);
    this.#send({ kind: "write", position, planes }, transfer);
  }

  /** Says which media time is to be heard now, in microseconds; `undefined` for silence. */
  follow(playheadUs: number | undefined): void {
    if (playheadUs === undefined) return this.#send({ kind: "stop" });
    const atSeconds = this.#heardSeconds();
    const delayMs = (this.context.currentTime - atSeconds) * 1000;
    this.#delayMs = Math.max(delayMs, this.#delayMs * DELAY_FADE);
    this.#send({
      kind: "play",
      position: this.#positionOf(playheadUs),
      atSeconds,
    });
  }

  /** The context's time of what is heard now: it was rendered a while ago. */
  #heardSeconds(): number {
    const { baseLatency, outputLatency, currentTime } = this.context;
    const { contextTime, performanceTime } = this.context.getOutputTimestamp();
    return contextTime !== undefined && performanceTime
      ? contextTime + (performance.now() - performanceTime) / 1000
      : currentTime - baseLatency - (outputLatency || 0);
  }

  /** Gives everything back. Idempotent. */
  close(): void {
    this.#node?.disconnect();
    this.#node?.port.close();
    if (this.context.state === "closed") return;
    this.context.close().catch(() => {
      // It was being closed already.
    });
  }

  #positionOf(timestampUs: number): number {
    return Math.round(timestampUs * this.context.sampleRate / 1e6);
  }

  #ringOptions() {
    const [channels, capacity] = [this.#channels, this.#capacity];
    return { channels, capacity, memory: this.#memory };
  }

  #send(command: AudioCommand, transfer: Transferable[] = []): void {
    this.#node?.port.postMessage(command, transfer);
  }
}

function ringCapacity(sampleRate: number, latencyMs: number): number {
  // Twice what is held, and a second for what comes in a burst.
  return 2 ** Math.ceil(Math.log2(sampleRate * (1 + 2 * latencyMs / 1000)));
}

/** The samples as one plane per channel at the rate of the context. */
function planesOf(
  data: AudioData,
  { sampleRate, channels }: {
    readonly sampleRate: number;
    readonly channels: number;
  },
): Float32Array<ArrayBuffer>[] {
  const planes: Float32Array<ArrayBuffer>[] = [];
  for (let planeIndex = 0; planeIndex < channels; planeIndex++) {
    const samples = new Float32Array(data.numberOfFrames);
    if (planeIndex < data.numberOfChannels) {
      data.copyTo(samples, { planeIndex, format: "f32-planar" });
    }
    planes.push(resample(samples, sampleRate / data.sampleRate));
  }
  return planes;
}

// Only where a decoder gives another rate than the catalog says, as with HE-AAC.
function resample(
  samples: Float32Array<ArrayBuffer>,
  ratio: number,
): Float32Array<ArrayBuffer> {
  if (ratio === 1) return samples;
  const last = samples.length - 1;
  return Float32Array.from(
    { length: Math.round(samples.length * ratio) },
    (_, i) => {
      const at = Math.min(i / ratio, last);
      const floor = Math.floor(at);
      const one = samples[floor]!;
      return one + ((samples[floor + 1] ?? one) - one) * (at - floor);
    },
  );
}
