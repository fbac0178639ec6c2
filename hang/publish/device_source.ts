/**
 * A camera or a microphone: opened while it is wanted, opened again when it was
 * lost, and another one when the user chooses another.
 *
 * @module
 */
import { type Clock, systemClock } from "@moq-deno/lite";
import { Latch } from "@moq-deno/lite/internal";
import { listening } from "../signals/dom.ts";
import { running } from "../signals/lasting.ts";
import { effect, type ReadonlySignal, Signal } from "../signals/signal.ts";
import {
  type CaptureProblem,
  captureProblem,
  problemOf,
} from "./capture_problem.ts";

const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 5000;
const WIDTH = 1280;
const HEIGHT = 720;
const FRAMERATE = 30;

const KINDS = { camera: "video", microphone: "audio" } as const;

/** The part of `navigator.mediaDevices` that is used. */
export type DeviceAccess = Pick<
  MediaDevices,
  "getUserMedia" | "addEventListener" | "removeEventListener"
>;

/** Options of {@linkcode DeviceSource}. */
export interface DeviceSourceOptions {
  /** What it is. */
  readonly device: "camera" | "microphone";
  /** Constraints other than the device. Default 1280x720 at 30 pictures per second, and the browser's own for sound. */
  readonly constraints?: MediaTrackConstraints | undefined;
  /** Where devices come from. Default the browser's. */
  readonly access?: DeviceAccess | undefined;
  /** Default the system's clock. */
  readonly clock?: Clock | undefined;
}

/** One camera or microphone until it is closed. */
export class DeviceSource {
  /** Whether it is to be open. Its light is off while not. Default false. */
  readonly isOn: Signal<boolean> = new Signal(false);
  /** Which one; the browser takes another when this one is not there. Default the browser's choice. */
  readonly deviceId: Signal<string | undefined> = new Signal(undefined);
  readonly #options: DeviceSourceOptions;
  readonly #access: DeviceAccess | undefined;
  readonly #clock: Clock;
  readonly #track = new Signal<MediaStreamTrack | undefined>(undefined);
  readonly #problem = new Signal<CaptureProblem | undefined>(undefined);
  readonly #isAsking = new Signal(false);
  /** What it gives, while it is open. */
  readonly track: ReadonlySignal<MediaStreamTrack | undefined> = this.#track;
  /** Why it gives nothing; it is tried again by itself where that can help. */
  readonly problem: ReadonlySignal<CaptureProblem | undefined> = this.#problem;
  /** Whether the browser has been asked for it and has not answered: the user may be reading its question. */
  readonly isAsking: ReadonlySignal<boolean> = this.#isAsking;
  readonly #latch = new Latch();
  readonly #stop: () => void;
  #failures = 0;

  /** Waits until it is switched on. */
  constructor(options: DeviceSourceOptions) {
    this.#options = options;
    this.#access = options.access ??
      (globalThis.navigator as Partial<Navigator> | undefined)?.mediaDevices;
    this.#clock = options.clock ?? systemClock;
    this.#stop = running((signal) => this.#run(signal));
  }

  /** Tries again now. */
  retry(): void {
    this.#failures = 0;
    this.#latch.wake();
  }

  /** Lets go of it. Idempotent. */
  close(): void {
    this.#stop();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const release = this.#latch.wakeOn(signal);
    const wake = () => this.#latch.wake();
    const stop = effect(() => {
      this.isOn.get();
      this.deviceId.get();
      wake();
    });
    const forget = this.#access &&
      listening(this.#access, { devicechange: wake });
    while (!signal.aborted) {
      if (!this.isOn.peek()) {
        this.#problem.set(undefined);
        await this.#latch.changed();
        continue;
      }
      const track = await this.#open();
      if (track) await this.#hold(track, signal);
      else if (!signal.aborted) await this.#untilRetry();
    }
    forget?.();
    stop();
    release();
  }

  async #open(): Promise<MediaStreamTrack | undefined> {
    const { device } = this.#options;
    if (!this.#access) {
      this.#problem.set(problemOf(device, "insecure"));
      return undefined;
    }
    this.#isAsking.set(true);
    try {
      const stream = await this.#access.getUserMedia(this.#constraints());
      const [track] = stream.getTracks();
      this.#problem.set(track ? undefined : problemOf(device, "missing"));
      this.#failures = 0;
      return track;
    } catch (error) {
      const problem = captureProblem(device, error);
      // What was there and is not any more was lost; that says more.
      const isLost = this.#problem.peek()?.kind === "lost";
      if (!isLost || problem.kind === "denied") this.#problem.set(problem);
      return undefined;
    } finally {
      this.#isAsking.set(false);
    }
  }

  #constraints(): MediaStreamConstraints {
    const { device, constraints } = this.#options;
    const kind = KINDS[device];
    const deviceId = this.deviceId.peek();
    const usual: MediaTrackConstraints = kind === "video"
      ? {
        width: { ideal: WIDTH },
        height: { ideal: HEIGHT },
        frameRate: { ideal: FRAMERATE },
      }
      : {};
    return {
      [kind]: {
        ...(constraints ?? usual),
        ...(deviceId !== undefined && { deviceId: { ideal: deviceId } }),
      },
    };
  }

  /** Shows the track until it is lost, switched off, or another device is chosen. */
  async #hold(track: MediaStreamTrack, signal: AbortSignal): Promise<void> {
    const deviceId = this.deviceId.peek();
    const forget = listening(track, { ended: () => this.#latch.wake() });
    this.#track.set(track);
    while (
      !signal.aborted && this.isOn.peek() && track.readyState === "live" &&
      this.deviceId.peek() === deviceId
    ) await this.#latch.changed();
    forget();
    if (track.readyState !== "live") {
      this.#problem.set(problemOf(this.#options.device, "lost"));
    }
    this.#track.set(undefined);
    track.stop();
  }

  /** Until something changes: a device, a choice, what the user allows; or some time has passed, where that can help. */
  async #untilRetry(): Promise<void> {
    const wake = () => this.#latch.wake();
    const delayMs = Math.min(
      FIRST_RETRY_MS * 2 ** this.#failures,
      MAX_RETRY_MS,
    );
    this.#failures++;
    // The user has refused; asking again and again does not help.
    const isRefused = this.#problem.peek()?.kind === "denied";
    const cancel = isRefused ? undefined : this.#clock.after(delayMs, wake);
    const changed = this.#latch.changed();
    const permission = isRefused ? await this.#permission() : undefined;
    const forget = permission && listening(permission, { change: wake });
    await changed;
    forget?.();
    cancel?.();
  }

  async #permission(): Promise<PermissionStatus | undefined> {
    const name = this.#options.device as PermissionName;
    try {
      return await navigator.permissions.query({ name });
    } catch {
      // A browser that tells nothing of it: the user tries again by hand.
      return undefined;
    }
  }
}
