/**
 * From a microphone, a tab or a file to pieces of sound: an AudioContext with a
 * worklet. Browsers keep it still until the user has touched the page, unless
 * they have let the page listen.
 *
 * @module
 */
import { atGestures } from "../signals/dom.ts";
import { AUDIO_PACKET_MS, type SoundFormat } from "./audio_codec.ts";
import {
  CAPTURE_PROCESSOR,
  type CaptureProcessorOptions,
  captureWorkletUrl,
  type SoundPiece,
} from "./audio_worklet.ts";

const SAMPLE_RATE = 48_000;
const MAX_CHANNELS = 2;

/** Takes what is captured. */
interface SoundSink {
  /** One piece, every 20 ms. */
  piece(piece: SoundPiece): void;
}

/** Captures until it is closed. */
export class AudioCapture {
  /** What the pieces are. */
  readonly format: SoundFormat;
  readonly #context: AudioContext;
  readonly #source: MediaStreamAudioSourceNode;
  readonly #stop: () => void;
  #node: AudioWorkletNode | undefined;

  private constructor(
    track: MediaStreamTrack,
    { context, source }: ReturnType<typeof openContext>,
  ) {
    const { channelCount = MAX_CHANNELS } = track.getSettings();
    const numberOfChannels = Math.max(1, Math.min(MAX_CHANNELS, channelCount));
    this.format = { sampleRate: context.sampleRate, numberOfChannels };
    this.#context = context;
    this.#source = source;
    // Resolves only once it is allowed, so nothing waits for it.
    this.#stop = atGestures(() => void context.resume());
  }

  /** Begins to listen to `track`, which stays the caller's. */
  static async open(
    track: MediaStreamTrack,
    sink: SoundSink,
  ): Promise<AudioCapture> {
    const capture = new AudioCapture(track, openContext(track));
    try {
      await capture.#start(sink);
    } catch (error) {
      capture.close();
      throw error;
    }
    return capture;
  }

  /** Whether the browser lets it run. */
  get isRunning(): boolean {
    return this.#context.state === "running";
  }

  /** Gives everything back. Idempotent. */
  close(): void {
    this.#stop();
    this.#source.disconnect();
    this.#node?.port.close();
    this.#node?.disconnect();
    if (this.#context.state === "closed") return;
    this.#context.close().catch(() => {
      // It was being closed already.
    });
  }

  async #start(sink: SoundSink): Promise<void> {
    const { sampleRate, numberOfChannels } = this.format;
    const url = captureWorkletUrl();
    try {
      await this.#context.audioWorklet.addModule(url);
    } finally {
      URL.revokeObjectURL(url);
    }
    if (this.#context.state === "closed") return;
    const processorOptions: CaptureProcessorOptions = {
      channels: numberOfChannels,
      length: Math.round(sampleRate * AUDIO_PACKET_MS / 1000),
    };
    this.#node = new AudioWorkletNode(this.#context, CAPTURE_PROCESSOR, {
      numberOfInputs: 1,
      // Safari pulls only at what leads to the loudspeaker; what comes out is silence.
      numberOfOutputs: 1,
      channelCount: numberOfChannels,
      channelCountMode: "explicit",
      processorOptions,
    });
    this.#node.port.onmessage = ({ data }: MessageEvent<SoundPiece>) =>
      sink.piece(data);
    this.#source.connect(this.#node);
    this.#node.connect(this.#context.destination);
  }
}

function openContext(track: MediaStreamTrack): {
  readonly context: AudioContext;
  readonly source: MediaStreamAudioSourceNode;
} {
  const stream = new MediaStream([track]);
  const context = new AudioContext({ sampleRate: SAMPLE_RATE });
  try {
    return { context, source: context.createMediaStreamSource(stream) };
  } catch {
    // Firefox connects only what has the rate of the device.
    void context.close();
    const native = new AudioContext();
    return {
      context: native,
      source: native.createMediaStreamSource(stream),
    };
  }
}
