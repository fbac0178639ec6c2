/**
 * From one microphone, tab or file to the sound of a broadcast. It listens for
 * as long as it is there, so that it can say how loud it is; it encodes while
 * there is a subscriber.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { asMoqError, Latch } from "@moq-deno/lite/internal";
import { listening } from "../signals/dom.ts";
import { effect, Signal } from "../signals/signal.ts";
import { AudioCapture } from "./audio_capture.ts";
import { probeAudio } from "./audio_codec.ts";
import type { AudioRendition } from "./audio_rendition.ts";
import type { SoundPiece } from "./audio_worklet.ts";
import { Loudness } from "./loudness.ts";

/** Feeds the rendition until it is closed; when its track ends or nothing can be encoded, it withdraws it. */
export class AudioFeed {
  /** How loud it is, 0 to 1. */
  readonly level: Signal<number> = new Signal(0);
  /** Whether there seems to be speech. */
  readonly isSpeaking: Signal<boolean> = new Signal(false);
  /** Whether any sound has come; not before the user has touched the page, where the browser wants that. */
  readonly hasBegun: Signal<boolean> = new Signal(false);
  /** Resolves when it has ended, with the error unless it was closed or its track ended; never rejects. */
  readonly closed: Promise<MoqError | undefined>;
  readonly #track: MediaStreamTrack;
  readonly #rendition: AudioRendition;
  readonly #loudness = new Loudness();
  readonly #end = new AbortController();
  readonly #stop: () => void;
  // Before that, what the rendition offers is of another source.
  #hasOffered = false;

  /** Begins at once; `track` stays the caller's. */
  constructor(track: MediaStreamTrack, rendition: AudioRendition) {
    this.#track = track;
    this.#rendition = rendition;
    this.#stop = effect(() => {
      if (!rendition.isWanted.get()) rendition.pause();
    });
    this.closed = this.#run(this.#end.signal);
  }

  /** Stops; the rendition stays offered, for the next feed. Idempotent. */
  close(): void {
    if (this.#end.signal.aborted) return;
    this.#end.abort(new MoqError("closed", "Feed was closed"));
    this.#stop();
    this.#rendition.pause();
    this.level.set(0);
    this.isSpeaking.set(false);
  }

  async #run(signal: AbortSignal): Promise<MoqError | undefined> {
    const track = this.#track;
    const latch = new Latch();
    const release = latch.wakeOn(signal);
    const stop = listening(track, { ended: () => latch.wake() });
    let capture: AudioCapture | undefined;
    let error: MoqError | undefined;
    try {
      capture = await AudioCapture.open(track, {
        piece: (piece) => this.#take(piece),
      });
      await this.#offer(capture);
      while (!signal.aborted && track.readyState === "live") {
        await latch.changed();
      }
    } catch (reason) {
      error = asMoqError(reason);
    }
    release();
    stop();
    capture?.close();
    if (signal.aborted) return undefined;
    this.close();
    this.#rendition.withdraw();
    return error;
  }

  async #offer(capture: AudioCapture): Promise<void> {
    const { AudioEncoder: support } = globalThis as Partial<typeof globalThis>;
    const offer = await probeAudio(capture.format, support);
    if (this.#end.signal.aborted) return;
    if (offer) {
      this.#rendition.offer(offer);
      this.#hasOffered = true;
      return;
    }
    throw new MoqError(
      "unsupported",
      "Expected a browser that encodes Opus or AAC, this one has no encoder for sound",
    );
  }

  #take(piece: SoundPiece): void {
    if (this.#end.signal.aborted) return;
    this.hasBegun.set(true);
    this.level.set(piece.level);
    this.isSpeaking.set(this.#loudness.hear(piece.level, performance.now()));
    const rendition = this.#rendition;
    if (this.#hasOffered && rendition.isWanted.peek()) rendition.encode(piece);
  }
}
