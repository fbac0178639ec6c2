/**
 * What can be played of a broadcast: chosen from each of its catalogs, without
 * what has failed since.
 *
 * @module
 */
import type { Logger } from "@moq-deno/lite";
import type { Catalog } from "../catalog/catalog.ts";
import { running } from "../signals/lasting.ts";
import { effect, type ReadonlySignal, Signal } from "../signals/signal.ts";
import {
  type AudioChoice,
  chooseAudio,
  isSameChoice,
  playableVideo,
  type VideoChoice,
} from "./quality/select.ts";

/** Looks until it is closed. Its methods are watched when they are called in an effect. */
export class PlayableMedia {
  /** The sound. */
  readonly audio: ReadonlySignal<AudioChoice | undefined>;
  readonly #catalog: ReadonlySignal<Catalog | undefined>;
  readonly #log: Logger;
  readonly #video = new Signal<readonly VideoChoice[]>([]);
  readonly #audio = new Signal<AudioChoice | undefined>(undefined);
  readonly #excluded = new Signal<ReadonlySet<string>>(new Set());
  readonly #isKnown = new Signal(false);
  readonly #stop: () => void;

  /** Begins at once with the newest `catalog`; `log` hears what cannot be played. */
  constructor(catalog: ReadonlySignal<Catalog | undefined>, log: Logger) {
    this.audio = this.#audio;
    this.#catalog = catalog;
    this.#log = log;
    this.#stop = effect(() => this.#choose());
  }

  /** The pictures, smallest first. */
  video(): readonly VideoChoice[] {
    const excluded = this.#excluded.get();
    return this.#video.get().filter(({ name }) => !excluded.has(name));
  }

  /** Whether a catalog is there and the browser has said what it decodes of it. */
  isKnown(): boolean {
    return this.#catalog.get() !== undefined && this.#isKnown.get();
  }

  /** Whether there is anything; sound alone is nothing where there is a picture that cannot be decoded. */
  hasAny(): boolean {
    const pictures = this.#catalog.get()?.video?.renditions ?? {};
    return Object.keys(pictures).length > 0
      ? this.video().length > 0
      : this.#audio.get() !== undefined;
  }

  /** What the renditions are encoded with, each once; those of the sound where there is no picture. */
  codecs(): readonly string[] {
    const { video, audio } = this.#catalog.get() ?? {};
    const pictures = Object.values(video?.renditions ?? {});
    const sounds = Object.values(audio?.renditions ?? {});
    const all = pictures.length > 0 ? pictures : sounds;
    return [...new Set(all.map(({ codec }) => codec))];
  }

  /** Longest time in milliseconds that the publisher holds a frame of it back. */
  jitterMs(): number {
    const all = [...this.#video.get(), this.#audio.get()];
    return Math.max(0, ...all.map((one) => one?.config.jitter ?? 0));
  }

  /** Leaves the picture of this track out. */
  exclude(name: string): void {
    this.#excluded.set(new Set([...this.#excluded.peek(), name]));
  }

  /** Leaves nothing out any more. */
  includeAll(): void {
    this.#excluded.set(new Set());
  }

  /** Looks no more. Idempotent. */
  close(): void {
    this.#stop();
  }

  #choose(): (() => void) | void {
    const catalog = this.#catalog.get();
    if (!catalog) {
      this.#video.set([]);
      this.#audio.set(undefined);
      this.#isKnown.set(false);
      return;
    }
    return running((signal) => this.#chooseFrom(catalog, signal));
  }

  async #chooseFrom(catalog: Catalog, signal: AbortSignal): Promise<void> {
    const log = this.#log;
    const { VideoDecoder: videoSupport, AudioDecoder: audioSupport } =
      globalThis as Partial<typeof globalThis>;
    const [video, audio] = await Promise.all([
      playableVideo(catalog.video?.renditions, { support: videoSupport, log }),
      chooseAudio(catalog.audio?.renditions, { support: audioSupport, log }),
    ]);
    if (signal.aborted) return;
    this.#video.set(video);
    if (!isSameChoice(audio, this.#audio.peek())) this.#audio.set(audio);
    this.#isKnown.set(true);
  }
}
