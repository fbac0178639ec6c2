/**
 * What the user chose to publish: camera and microphone, a screen, or a file,
 * muted or invisible as wanted, as one picture and one sound.
 *
 * @module
 */
import { holding } from "../signals/lasting.ts";
import { effect, type ReadonlySignal, Signal } from "../signals/signal.ts";
import type { CaptureProblem } from "./capture_problem.ts";
import { DeviceSource } from "./device_source.ts";
import { PlayedFile } from "./played_file.ts";
import { ScreenSource } from "./screen_source.ts";

/** What to publish; a screen is published with its own sound, or with the microphone where it has none. */
export type CaptureChoice = "camera" | "screen" | Blob;

/** What is chosen, until it is closed. What is a `Signal` here may be set at any time. */
export class Capture {
  /** What to publish. A screen needs a gesture of the user's. Default nothing. */
  readonly source: Signal<CaptureChoice | undefined> = new Signal(undefined);
  /** No sound; the microphone is let go of. */
  readonly muted: Signal<boolean> = new Signal(false);
  /** No picture; the camera is let go of. */
  readonly invisible: Signal<boolean> = new Signal(false);
  /** The camera, for choosing which. */
  readonly camera: DeviceSource = new DeviceSource({ device: "camera" });
  /** The microphone, for choosing which. */
  readonly microphone: DeviceSource = new DeviceSource({
    device: "microphone",
  });
  readonly #screen = new Signal<ScreenSource | undefined>(undefined);
  readonly #file = new Signal<PlayedFile | undefined>(undefined);
  readonly #attempt = new Signal(0);
  readonly #video = new Signal<MediaStreamTrack | undefined>(undefined);
  readonly #audio = new Signal<MediaStreamTrack | undefined>(undefined);
  /** The picture. */
  readonly video: ReadonlySignal<MediaStreamTrack | undefined> = this.#video;
  /** The sound. */
  readonly audio: ReadonlySignal<MediaStreamTrack | undefined> = this.#audio;
  readonly #stops: readonly (() => void)[];

  /** Opens nothing before something is chosen. */
  constructor() {
    this.#stops = [
      effect(() => this.#share()),
      effect(() => this.#play()),
      effect(() => this.#switch()),
      effect(() => this.#video.set(this.#currentVideo())),
      effect(() => this.#audio.set(this.#currentAudio())),
    ];
  }

  /** Why something that was chosen is not there; watched when it is read in an effect. */
  problem(): CaptureProblem | undefined {
    return this.#screen.get()?.problem.get() ??
      this.#file.get()?.problem.get() ??
      this.camera.problem.get() ?? this.microphone.problem.get();
  }

  /** Whether the user is being asked for permission; watched when it is read in an effect. */
  isAsking(): boolean {
    const screen = this.#screen.get()?.isAsking.get() ?? false;
    const camera = this.camera.isAsking.get();
    const microphone = this.microphone.isAsking.get();
    return screen || camera || microphone;
  }

  /** Tries again what did not work. */
  retry(): void {
    this.camera.retry();
    this.microphone.retry();
    this.#attempt.set(this.#attempt.peek() + 1);
  }

  /** Lets go of everything. Idempotent. */
  close(): void {
    for (const stop of this.#stops) stop();
    this.camera.close();
    this.microphone.close();
  }

  #share(): (() => void) | void {
    if (this.source.get() !== "screen") return;
    this.#attempt.get();
    return holding(this.#screen, new ScreenSource());
  }

  #play(): (() => void) | void {
    const source = this.source.get();
    if (!(source instanceof Blob)) return;
    return holding(this.#file, new PlayedFile(source));
  }

  #switch(): void {
    const source = this.source.get();
    const screen = this.#screen.get();
    const isSilentScreen = screen?.video.get() !== undefined &&
      screen.audio.get() === undefined;
    // Until the user has chosen what to share, everything stays as it is.
    const isChoosing = screen?.isAsking.get() ?? false;
    const isCamera = source === "camera" ||
      (isChoosing && this.camera.isOn.peek());
    const isMicrophone = source === "camera" || isSilentScreen ||
      (isChoosing && this.microphone.isOn.peek());
    this.camera.isOn.set(isCamera && !this.invisible.get());
    this.microphone.isOn.set(isMicrophone && !this.muted.get());
  }

  #currentVideo(): MediaStreamTrack | undefined {
    const current = this.#screen.get()?.video.get() ??
      this.#file.get()?.video.get() ?? this.camera.track.get();
    return this.invisible.get() ? undefined : current;
  }

  #currentAudio(): MediaStreamTrack | undefined {
    const current = this.#screen.get()?.audio.get() ??
      this.#file.get()?.audio.get() ?? this.microphone.track.get();
    return this.muted.get() ? undefined : current;
  }
}
